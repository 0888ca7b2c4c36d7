// SPDX-License-Identifier: Apache-2.0
// A store of one object whose connections break where the test says.
#pragma once

#include "store/store.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace blobstore::store_tests {

inline std::string numbered(std::size_t size) {
    std::string out;
    while (out.size() < size)
        out += std::to_string(out.size()) + ",";
    out.resize(size);
    return out;
}

inline error broken(errc code) {
    error e(code, "it broke");
    e->retryable = true;
    return e;
}

/// What one get does.
struct scene {
    std::uint64_t bytes = UINT64_MAX; ///< that come before it breaks
    errc breaks = errc::network;      ///< ok: it ends there as if that were all
    std::optional<errc> refused = {}; ///< instead of a body
    bool slow = false;                ///< each read waits
};

/// One object, "key". Any thread.
class scripted final : public backend {
public:
    std::string uri(std::string_view key) const override { return "test://" + std::string(key); }

    result<void> check_key(std::string_view) const override { return {}; }

    bool parallel_reads() const noexcept override { return parallel; }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override {
        const std::lock_guard lock(mutex);
        ++op.attempts;
        asked.push_back(options);
        scene now = usual;
        if (const auto planned = at_offset.extract(options.range.offset.value_or(0))) {
            now = planned.mapped();
        } else if (!script.empty()) {
            now = script.front();
            script.erase(script.begin());
        }
        if (now.refused) co_return error(*now.refused, "refused");
        if (on_get) on_get();
        if (!options.when.if_match.empty() && options.when.if_match != etag)
            co_return error(errc::precondition, "another one");
        const result<resolved_range> range = resolve(options.range, content.size());
        if (!range) co_return range.error();
        object_body opened;
        opened.meta.key = key;
        opened.meta.etag = etag;
        opened.meta.size = content.size();
        opened.offset = range->offset + skew;
        opened.length = range->length;
        opened.meta.checksum = checksum;
        opened.unverified = options.range.whole() && !checksum.empty();
        const std::string part = content.substr(range->offset, range->length);
        opened.bytes = std::make_unique<body>(part, now);
        co_return opened;
    }

    task<result<object_meta>> head(operation&, const std::string&, const get_options&) override {
        co_return error(errc::unsupported, "");
    }

    task<result<object_meta>>
    put(operation&, const std::string&, const source&, const put_options&) override {
        co_return error(errc::unsupported, "");
    }

    task<result<void>> remove(operation&, const std::string&) override {
        co_return error(errc::unsupported, "");
    }

    task<result<list_page>> list(operation&, const list_options&) override {
        co_return error(errc::unsupported, "");
    }

    std::mutex mutex;
    std::string content = numbered(100'000), etag = "\"one\"", checksum;
    std::vector<scene> script;
    std::map<std::uint64_t, scene> at_offset; ///< of the next get of a range that begins there
    scene usual;
    std::vector<get_options> asked;
    std::function<void()> on_get;
    std::uint64_t skew = 0;
    bool parallel = false;

private:
    class body final : public reader {
    public:
        body(std::string bytes, scene now)
            : bytes_(std::move(bytes))
            , now_(now) {}

        task<result<std::size_t>>
        read(operation& op, std::span<char> into, std::size_t enough) override {
            if (now_.slow) (void)co_await sleep_for(op, milliseconds(1));
            const std::uint64_t end = std::min<std::uint64_t>(now_.bytes, bytes_.size());
            const std::size_t there = static_cast<std::size_t>(end) - at_;
            const std::size_t n = std::min({there, into.size(), std::size_t{7000}});
            if (n != 0) std::memcpy(into.data(), bytes_.data() + at_, n);
            at_ += n;
            if (n >= enough || end == bytes_.size() || now_.breaks == errc::ok) co_return n;
            if (n != 0) co_return n;
            co_return broken(now_.breaks);
        }

    private:
        const std::string bytes_;
        const scene now_;
        std::size_t at_ = 0;
    };
};

struct plain_operation final : operation {};

} // namespace blobstore::store_tests
