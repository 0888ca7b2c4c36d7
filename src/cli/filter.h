// SPDX-License-Identifier: Apache-2.0
// The globs of --include and --exclude, as rclone reads them. Pure.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::cli {

/// One pattern as given.
struct filter_rule {
    bool include = false;
    std::string pattern;
};

/// One glob without alternatives, ready to match.
class glob {
public:
    /// Throws usage_error for a class or an escape that does not end.
    explicit glob(std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view path) const;

private:
    enum class kind { byte, one, continuation, star, any, set };

    struct token {
        kind what = kind::byte;
        std::bitset<256> bytes; ///< of byte and set
    };

    std::size_t read_set(std::string_view pattern, std::size_t at);
    [[nodiscard]] bool matches_from(std::string_view path) const;

    std::vector<token> tokens_;
    bool anchored_ = false;
};

/// Rules in the order of the command line: the first that matches decides. What no rule matches is
/// left out if there is any include, else taken.
class filter {
public:
    filter() = default;
    explicit filter(const std::vector<filter_rule>& rules);

    [[nodiscard]] bool takes(std::string_view path) const;

private:
    struct compiled {
        bool include = false;
        std::vector<glob> globs;
    };

    std::vector<compiled> rules_;
    bool has_include_ = false;
};

} // namespace blobstore::cli
