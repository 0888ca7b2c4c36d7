// SPDX-License-Identifier: Apache-2.0
// Blocking calls of a backend for the tests of the file store: each runs one operation on the
// calling thread.
#pragma once

#include "async/context.h"
#include "backends/file/file.h"
#include "support/file_faults.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <optional>

namespace file_calls {

using namespace blobstore;

/// A stream over text that may end early, go on too long or fail.
class text_stream final : public reader {
public:
    explicit text_stream(std::string text)
        : text_(std::move(text)) {}

    std::function<void(std::size_t)> before_read; ///< told what was given so far
    std::optional<errc> fail_at_end;

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t) override {
        if (before_read) before_read(at_);
        const std::size_t count = std::min({into.size(), text_.size() - at_, std::size_t{1000}});
        if (count == 0 && fail_at_end) co_return error(*fail_at_end, "the source failed");
        std::memcpy(into.data(), text_.data() + at_, count);
        at_ += count;
        co_return count;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

template <class T, class Start>
task<result<void>> keep(operation& op, Start& start, std::optional<result<T>>& out) {
    result<T> r = co_await start(op);
    out.emplace(std::move(r));
    co_return result<void>();
}

struct one_call final : operation {};

/// Runs start(operation&), a task<result<T>>, to its end.
template <class T, class Start>
result<T> run(Start start, const std::function<void(operation&)>& before = {}) {
    std::optional<result<T>> out;
    auto op = std::make_shared<one_call>();
    op->body = [&](operation& o) { return keep<T, Start>(o, start, out); };
    context c;
    if (before) before(*op);
    c.run_blocking(op);
    if (!out) return op->outcome ? error() : op->outcome.error();
    return std::move(*out);
}

inline result<object_meta>
put(backend& b, const std::string& key, std::string_view text, const attributes& set = {}) {
    source body;
    body.memory = std::span<const char>(text.data(), text.size());
    put_options options;
    options.set = set;
    return run<object_meta>([&](operation& o) { return b.put(o, key, body, options); });
}

inline result<object_meta>
put_stream(backend& b, const std::string& key, reader& stream, std::uint64_t length) {
    source body;
    body.stream = &stream;
    body.stream_length = length;
    const put_options options;
    return run<object_meta>([&](operation& o) { return b.put(o, key, body, options); });
}

inline result<object_body>
open(backend& b, const std::string& key, const get_options& options = {}) {
    return run<object_body>([&](operation& o) { return b.get(o, key, options); });
}

inline result<std::string> drain(reader& from) {
    std::string all, room(700, '\0');
    while (true) {
        const auto read = [&](operation& o) { return from.read(o, std::span<char>(room), 1); };
        result<std::size_t> got = run<std::size_t>(read);
        if (!got) return got.error();
        if (*got == 0) return all;
        all.append(room, 0, *got);
    }
}

inline result<std::string>
get(backend& b, const std::string& key, const get_options& options = {}) {
    result<object_body> body = open(b, key, options);
    if (!body) return body.error();
    result<std::string> text = drain(*body->bytes);
    EXPECT_TRUE(!text || text->size() == *body->length);
    return text;
}

inline result<object_meta> head(backend& b, const std::string& key, const conditions& when = {}) {
    get_options options;
    options.when = when;
    return run<object_meta>([&](operation& o) { return b.head(o, key, options); });
}

inline result<void> remove(backend& b, const std::string& key) {
    return run<void>([&](operation& o) { return b.remove(o, key); });
}

inline result<object_meta> copy(
    backend& b,
    backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options = {}
) {
    return run<object_meta>([&](operation& o) { return b.copy(o, from, from_key, key, options); });
}

inline result<list_page> list(backend& b, const list_options& options = {}) {
    return run<list_page>([&](operation& o) { return b.list(o, options); });
}

/// The keys of all pages; prefixes with a star.
inline std::vector<std::string> names(backend& b, list_options options = {}) {
    std::vector<std::string> all;
    while (true) {
        result<list_page> page = list(b, options);
        EXPECT_TRUE(page) << (page ? "" : page.error().message());
        if (!page) return all;
        for (const object_meta& e : page->entries)
            all.push_back(e.is_prefix ? e.key + "*" : e.key);
        if (page->next_token.empty()) return all;
        options.page_token = page->next_token;
    }
}

template <class T>
errc code_of(const result<T>& r) {
    return r ? errc::ok : r.error().code();
}

} // namespace file_calls
