// SPDX-License-Identifier: Apache-2.0
// Comparing checksums while the bytes pass.
#include "store/checksums.h"

#include "base/encoding.h"

#include <charconv>

namespace blobstore {

namespace {

class verifying_reader final : public reader {
public:
    verifying_reader(
        std::unique_ptr<reader> inner, told_checksum told, std::optional<std::uint64_t> length
    )
        : inner_(std::move(inner))
        , told_(std::move(told))
        , length_(length)
        , sum_(told_.kind) {}

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override {
        if (failed_) co_return *failed_;
        result<std::size_t> n = co_await inner_->read(op, into, enough);
        if (!n || ended_) co_return n;
        sum_.update({into.data(), *n});
        done_ += *n;
        if (length_ ? done_ < *length_ : *n >= enough) co_return n;
        ended_ = true;
        const std::string came = sum_.finish();
        if (came.empty() || came == told_.value) co_return n;
        failed_ = wrong_checksum(told_.kind, came, told_.value);
        co_return *failed_;
    }

private:
    const std::unique_ptr<reader> inner_;
    const told_checksum told_;
    const std::optional<std::uint64_t> length_;
    checksum sum_;
    std::uint64_t done_ = 0;
    bool ended_ = false;
    std::optional<error> failed_; ///< and again for every later read
};

/// "-3" behind a value: of how many parts it is the sum.
bool is_count(std::string_view text) {
    unsigned parts = 0;
    const char* const end = text.data() + text.size();
    const auto [at, problem] = std::from_chars(text.data(), end, parts);
    return problem == std::errc() && at == end && parts > 0;
}

} // namespace

std::string checksum_text(checksum_kind kind, std::string_view value) {
    return std::string(name_of(kind)) + ":" + base64(value);
}

std::optional<told_checksum> read_checksum(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::optional<checksum_kind> kind = checksum_kind_of(text.substr(0, colon));
    if (!kind || colon == text.size()) return std::nullopt;
    const std::string_view given = text.substr(colon + 1);
    const std::size_t dash = std::min(given.find('-'), given.size());
    told_checksum told{*kind, {}, dash != given.size()};
    if (told.composite && !is_count(given.substr(dash + 1))) return std::nullopt;
    const auto value = unbase64(given.substr(0, dash));
    if (!value || value->size() != checksum_size(*kind)) return std::nullopt;
    told.value = *value;
    return told;
}

error wrong_checksum(checksum_kind kind, std::string_view came, std::string_view told) {
    error e(
        errc::checksum,
        "the bytes have " + checksum_text(kind, came) + " and should have " +
            checksum_text(kind, told)
    );
    e->hint = "try again; where it fails again, the object or the way to it is damaged";
    e->retryable = true;
    return e;
}

result<std::string> checked_sum(checksum& of_all, const put_options& options) {
    const std::string value = of_all.finish();
    if (value.empty())
        return error(
            errc::unsupported,
            "this system's OpenSSL computes no " + std::string(name_of(of_all.kind()))
        );
    if (!options.checksum_value.empty() && base64(value) != options.checksum_value) {
        const result<std::string> told = unbase64(options.checksum_value);
        error e = wrong_checksum(of_all.kind(), value, told ? *told : std::string());
        e->retryable = false;
        e->hint = "the digest that was given is of other bytes";
        return e;
    }
    return checksum_text(of_all.kind(), value);
}

std::unique_ptr<reader>
verified(std::unique_ptr<reader> inner, told_checksum told, std::optional<std::uint64_t> length) {
    return std::make_unique<verifying_reader>(std::move(inner), std::move(told), length);
}

} // namespace blobstore
