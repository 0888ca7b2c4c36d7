// SPDX-License-Identifier: Apache-2.0
// URLs: what is accepted holds nothing that could split a request, and reads the same when it is
// written again.
#include "base/url.h"

#include "base/encoding.h"
#include "fuzz.h"

#include <algorithm>

using namespace blobstore;

namespace {

bool is_clean(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void check_endpoint(std::string_view text) {
    const result<url> parsed = parse_url(text);
    if (!parsed) {
        FUZZ_ASSERT(is_clean(parsed.error().message()));
        return;
    }
    FUZZ_ASSERT(!parsed->host.empty() && is_visible(parsed->host) && is_visible(parsed->path));
    FUZZ_ASSERT(parsed->path.empty() || parsed->path.front() == '/');
    std::string again = parsed->scheme + "://" + parsed->authority() + parsed->path;
    char before = '?';
    for (const auto& [name, value] : parsed->query) {
        FUZZ_ASSERT(is_clean(name) && is_clean(value.reveal()));
        again += before + percent_encode(name, encode_set::unreserved) + "=" +
                 percent_encode(value.reveal(), encode_set::unreserved);
        before = '&';
    }
    const result<url> twice = parse_url(again);
    FUZZ_ASSERT(twice && twice->host == parsed->host && twice->path == parsed->path);
    FUZZ_ASSERT(twice->effective_port() == parsed->effective_port());
    FUZZ_ASSERT(twice->query == parsed->query);
}

void check_object(std::string_view text) {
    const result<object_url> parsed = parse_object_url(text);
    if (!parsed) return;
    FUZZ_ASSERT(is_visible(parsed->authority) && parsed->key.find('\0') == std::string::npos);
    FUZZ_ASSERT(parsed->key.size() <= text.size());
    const bool verbatim = parsed->scheme == "s3" || parsed->scheme == "memory";
    if (verbatim && !parsed->key.empty()) FUZZ_ASSERT(text.ends_with("/" + parsed->key));
}

void check_store(std::string_view text) {
    const result<store_url> parsed = parse_store_url(text);
    if (!parsed) return;
    FUZZ_ASSERT(is_visible(parsed->authority) && parsed->prefix.find('\0') == std::string::npos);
    std::size_t size = parsed->prefix.size();
    for (const auto& [name, value] : parsed->options) {
        FUZZ_ASSERT(!name.empty() && is_clean(name) && is_clean(value.reveal()));
        size += name.size() + value.reveal().size();
    }
    FUZZ_ASSERT(size <= text.size());
}

/// Every byte string makes the way through the encoding and back.
void check_encoding(std::string_view text) {
    for (const encode_set keep : {encode_set::unreserved, encode_set::path}) {
        const result<std::string> back = percent_decode(percent_encode(text, keep), plus::space);
        FUZZ_ASSERT(back && *back == text);
    }
    const result<std::string> decoded = percent_decode(text, plus::space);
    FUZZ_ASSERT(!decoded || decoded->size() <= text.size());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    check_endpoint(text);
    check_object(text);
    check_store(text);
    check_encoding(text);
    return 0;
}
