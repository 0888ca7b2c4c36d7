// SPDX-License-Identifier: Apache-2.0
// Settings of S3 and of connections: what is accepted resolves or fails with a clean line, values
// read as what they were set to, and dates and numbers make the way there and back.
#include "backends/s3/settings.h"

#include "base/time.h"
#include "fuzz.h"
#include "http/settings.h"

#include <algorithm>

using namespace blobstore;

namespace {

bool is_clean(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

void set_line(settings_values& values, std::string_view line) {
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(std::min(equals + 1, line.size()));
    const result<void> set = values.set(key, value, setting_origin::url);
    if (!set) {
        FUZZ_ASSERT(set.error().code() == errc::config && is_clean(set.error().message()));
        FUZZ_ASSERT(set.error().message().size() < 600);
        return;
    }
    const setting* row = values.find(key);
    FUZZ_ASSERT(row != nullptr && values.is_set(row->key));
    if (row->type == setting_type::string) FUZZ_ASSERT(values.text(row->key) == value);
}

void check_endpoint(const settings_values& values) {
    const result<s3::endpoint> at = s3::resolve_endpoint("bucket", values);
    if (!at) {
        FUZZ_ASSERT(is_clean(at.error().message()));
        return;
    }
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
    const std::string path = at->path("k");
    FUZZ_ASSERT(!at->to.host.empty() && at->to.port != 0 && path.front() == '/');
    FUZZ_ASSERT(std::all_of(at->to.host.begin(), at->to.host.end(), visible));
    FUZZ_ASSERT(std::all_of(path.begin(), path.end(), visible));
}

template <class Parse, class Format>
void check_time(std::string_view text, Parse parse, Format format) {
    const result<nanoseconds> time = parse(text);
    if (!time) return;
    const result<nanoseconds> again = parse(format(*time));
    FUZZ_ASSERT(again && format(*again) == format(*time));
}

} // namespace

/// Lines "key=value", of which the first eight count.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    check_time(text, parse_rfc3339, format_rfc3339);
    check_time(text, parse_http_date, format_http_date);
    check_time(text, parse_iso_basic, format_iso_basic);
    settings_values values{s3::settings_table(), http::settings_table()};
    for (int lines = 0; lines < 8 && !text.empty(); ++lines) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        set_line(values, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    check_endpoint(values);
    return 0;
}
