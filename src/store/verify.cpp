// SPDX-License-Identifier: Apache-2.0
// Comparing checksums while the bytes pass.
#include "store/verify.h"

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

    /// What is not read in a row is not compared.
    bool seek(std::uint64_t position) noexcept override {
        if (!inner_->seek(position)) return false;
        ended_ = true;
        failed_.reset();
        return true;
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

} // namespace

std::unique_ptr<reader>
verified(std::unique_ptr<reader> inner, told_checksum told, std::optional<std::uint64_t> length) {
    return std::make_unique<verifying_reader>(std::move(inner), std::move(told), length);
}

} // namespace blobstore
