// SPDX-License-Identifier: Apache-2.0
// Pages of a listing as ListObjectsV2 cuts them: prefix, delimiter, start, size and token. Pure.
#include "store/page.h"

#include "base/encoding.h"

#include <algorithm>
#include <string_view>

namespace blobstore {

namespace {

enum class token_kind : char { key = 'k', prefix = 'p' };

struct place {
    token_kind kind = token_kind::key;
    std::string name;
};

/// The two letters of the alphabet that do not survive in URLs, there and back; no padding.
std::string write_token(const place& last) {
    std::string text = base64(last.name);
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return std::string(1, static_cast<char>(last.kind)) + ":" + text;
}

result<place> read_token(const std::string& token) {
    const error malformed(
        errc::invalid_argument, "the page token is not one of a listing of this store"
    );
    if (token.size() < 3 || token[1] != ':') return malformed;
    place last;
    if (token[0] == static_cast<char>(token_kind::prefix))
        last.kind = token_kind::prefix;
    else if (token[0] != static_cast<char>(token_kind::key))
        return malformed;
    std::string text = token.substr(2);
    if (text.find_first_of("+/=") != std::string::npos) return malformed;
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    result<std::string> name = unbase64(text);
    if (!name) return malformed;
    last.name = std::move(*name);
    return last;
}

/// The smallest key after `name`.
std::string after_key(std::string name) {
    name.push_back('\0');
    return name;
}

/// The smallest key behind all that begin with `prefix`; nullopt where there is none.
std::optional<std::string> after_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff)
        prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

bool begins_with(std::string_view key, std::string_view prefix) {
    return key.substr(0, prefix.size()) == prefix;
}

/// The key's part up to and with the first delimiter behind the prefix; empty where it has none.
std::string common_prefix(const std::string& key, const list_options& options) {
    if (options.delimiter.empty()) return {};
    const std::size_t at = key.find(options.delimiter, options.prefix.size());
    if (at == std::string::npos) return {};
    return key.substr(0, at + options.delimiter.size());
}

/// Where the page begins; nullopt where nothing can follow.
result<std::optional<std::string>> first_wanted(const list_options& options) {
    std::string from = options.prefix;
    if (!options.start_after.empty()) from = std::max(from, after_key(options.start_after));
    if (options.page_token.empty()) return std::optional(std::move(from));
    result<place> last = read_token(options.page_token);
    if (!last) return last.error();
    if (last->kind == token_kind::key) return std::optional(std::max(from, after_key(last->name)));
    std::optional<std::string> behind = after_prefix(last->name);
    if (behind) behind = std::max(from, *behind);
    return behind;
}

} // namespace

result<list_page> cut_page(const list_options& options, const next_key& next) {
    result<std::optional<std::string>> first = first_wanted(options);
    if (!first) return first.error();
    const std::uint32_t asked = options.page_size == 0 ? most_per_page : options.page_size;
    const std::size_t limit = std::min(asked, most_per_page);
    std::optional<std::string> from = std::move(*first);
    place last;
    list_page page;
    while (from) {
        result<std::optional<object_meta>> found = next(*from);
        if (!found) return found.error();
        if (!*found || !begins_with((*found)->key, options.prefix)) break;
        if ((*found)->key < *from) return error(errc::internal, "a listing went backwards");
        if (page.entries.size() == limit) {
            page.next_token = write_token(last);
            break;
        }
        object_meta entry = std::move(**found);
        std::string common = common_prefix(entry.key, options);
        if (common.empty()) {
            last = {token_kind::key, entry.key};
            from = after_key(entry.key);
        } else {
            last = {token_kind::prefix, common};
            from = after_prefix(common);
            entry = object_meta{};
            entry.key = std::move(common);
            entry.is_prefix = true;
        }
        page.entries.push_back(std::move(entry));
    }
    return page;
}

} // namespace blobstore
