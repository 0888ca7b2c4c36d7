// SPDX-License-Identifier: Apache-2.0
// Attributes as lines of text and back.
#include "backends/file/attributes.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "os/replace.h"

#include <charconv>

namespace blobstore::file {

namespace {

constexpr std::string_view sidecar_head = "blobstore-meta 1\n";
constexpr std::size_t longest_name = 255;

void add_line(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += name;
    out += ' ';
    percent_encode_to(out, value, encode_set::path);
    out += '\n';
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Cuts `text` behind the first `at`; what was before it.
std::string_view take(std::string_view& text, char at) {
    const std::size_t end = text.find(at);
    std::string_view head = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return head;
}

error corrupt() {
    return error(errc::corrupt, "the stored attributes of the object are malformed");
}

constexpr std::pair<std::string_view, std::string attributes::*> lines[] = {
    {"content-type", &attributes::content_type},
    {"content-encoding", &attributes::content_encoding},
    {"cache-control", &attributes::cache_control},
    {"content-disposition", &attributes::content_disposition},
    {"content-language", &attributes::content_language},
    {"expires", &attributes::expires}};

void add_pair(
    std::string& out, std::string_view what, std::string_view name, std::string_view value
) {
    out += what;
    percent_encode_to(out, name, encode_set::path);
    out += ' ';
    percent_encode_to(out, value, encode_set::path);
    out += '\n';
}

result<void> decode_line(std::string_view line, kept_attributes& into) {
    const std::string_view what = take(line, ' ');
    const bool named = what == "meta" || what == "tag";
    std::string name;
    if (named) {
        result<std::string> decoded = percent_decode(take(line, ' '), plus::literal);
        if (!decoded || decoded->empty()) return corrupt();
        name = std::move(*decoded);
    }
    result<std::string> value = percent_decode(line, plus::literal);
    if (!value) return corrupt();
    if (named) {
        name_values& pairs = what == "tag" ? into.tags : into.metadata;
        pairs.emplace_back(std::move(name), std::move(*value));
        return {};
    }
    for (const auto& [line_name, member] : lines)
        if (what == line_name) into.*member = std::move(*value);
    return {};
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
    const std::from_chars_result r = std::from_chars(text.data(), text.data() + text.size(), into);
    return r.ec == std::errc() && r.ptr == text.data() + text.size();
}

} // namespace

std::string encode_attributes(const kept_attributes& set) {
    std::string out;
    for (const auto& [name, member] : lines)
        add_line(out, name, set.*member);
    for (const auto& [name, value] : set.metadata)
        add_pair(out, "meta ", lower(name), value);
    for (const auto& [name, value] : set.tags)
        add_pair(out, "tag ", name, value);
    return out;
}

result<kept_attributes> decode_attributes(std::string_view text) {
    kept_attributes set;
    while (!text.empty()) {
        result<void> line = decode_line(take(text, '\n'), set);
        if (!line) return line.error();
    }
    return set;
}

std::string encode_sidecar(const std::vector<sidecar_record>& records) {
    std::string out(sidecar_head);
    for (const sidecar_record& r : records) {
        out += "object " + std::to_string(r.size) + ' ' + std::to_string(r.modified_ns) + '\n';
        out += encode_attributes(r.set);
    }
    return out;
}

result<std::vector<sidecar_record>> decode_sidecar(std::string_view text) {
    if (text.substr(0, sidecar_head.size()) != sidecar_head) return corrupt();
    text.remove_prefix(sidecar_head.size());
    std::vector<sidecar_record> records;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        if (line.substr(0, 7) != "object ") {
            if (records.empty()) return corrupt();
            result<void> read = decode_line(line, records.back().set);
            if (!read) return read.error();
            continue;
        }
        line.remove_prefix(7);
        sidecar_record r;
        if (!read_number(take(line, ' '), r.size) || !read_number(line, r.modified_ns))
            return corrupt();
        records.push_back(std::move(r));
    }
    return records;
}

std::string sidecar_name(const std::string& name) {
    std::string beside = std::string(own_prefix) + "meta-" + name;
    if (beside.size() <= longest_name) return beside;
    return std::string(own_prefix) + "meta." + hex(bytes_of(sha256(name)));
}

} // namespace blobstore::file
