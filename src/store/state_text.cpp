// SPDX-License-Identifier: Apache-2.0
// Length and bytes of each name and value, a CRC32C behind them, all in base64url.
#include "store/state_text.h"

#include "base/checksum.h"
#include "base/encoding.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr std::size_t sum_size = 4;

void put_text(wiping_string& out, std::string_view text) {
    out += std::string_view(big_endian(static_cast<std::uint32_t>(text.size())));
    out += text;
}

/// False where the rest is shorter than it says.
bool take_text(std::string_view& rest, std::string& text) {
    if (rest.size() < 4) return false;
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i)
        size = size << 8 | static_cast<unsigned char>(rest[static_cast<std::size_t>(i)]);
    rest.remove_prefix(4);
    if (rest.size() < size) return false;
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
}

/// base64 without what URLs, shells and file names treat as their own.
void to_url_form(std::string& text) {
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
}

wiping_string from_url_form(std::string_view coded) {
    wiping_string text(coded);
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

error not_whole(const char* why) {
    error e(errc::invalid_argument, why);
    e->hint = "give the text as the library gave it, to the kind of call it came from";
    return e;
}

} // namespace

wiping_string encode_state(std::string_view kind, const name_values& fields) {
    wiping_string bytes;
    for (const auto& [name, value] : fields) {
        put_text(bytes, name);
        put_text(bytes, value);
    }
    bytes += std::string_view(big_endian(crc32c(bytes, crc32c(kind))));
    std::string coded = base64(bytes);
    to_url_form(coded);
    wiping_string text(kind);
    text += std::string_view(coded);
    wipe(coded.data(), coded.size());
    return text;
}

result<name_values> decode_state(std::string_view kind, std::string_view text) {
    if (!text.starts_with(kind)) return not_whole("the token or resume string is of another kind");
    result<std::string> plain = unbase64(from_url_form(text.substr(kind.size())));
    if (!plain) return not_whole("the token or resume string is cut or changed");
    const wiping_string bytes(*plain);
    wipe(plain->data(), plain->size());
    if (bytes.size() < sum_size) return not_whole("the token or resume string is cut or changed");
    std::string_view rest(bytes);
    const std::string_view sum = rest.substr(rest.size() - sum_size);
    rest.remove_suffix(sum_size);
    if (big_endian(crc32c(rest, crc32c(kind))) != sum)
        return not_whole("the token or resume string is cut or changed");
    name_values fields;
    while (!rest.empty()) {
        auto& [name, value] = fields.emplace_back();
        if (!take_text(rest, name) || !take_text(rest, value)) {
            const wiped_at_end wiped(fields);
            return not_whole("the token or resume string is cut or changed");
        }
    }
    return fields;
}

std::string_view field_of(const name_values& fields, std::string_view name) noexcept {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) {
        return field.first == name;
    });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

name_values fields_of(const open_upload& upload) {
    name_values fields{{"key", upload.key}, {"id", upload.id}};
    const auto add = [&](const char* name, std::string_view value) {
        if (!value.empty()) fields.emplace_back(name, value);
    };
    add("mark", upload.mark);
    add("create", upload.when.create ? "1" : "");
    add("if-match", upload.when.if_match);
    add("if-version", upload.when.if_version);
    add("sse-c", upload.customer_key.reveal());
    add("sum", name_of(upload.sum));
    add("sum-value", upload.sum_value);
    return fields;
}

wiping_string encode_upload(const open_upload& upload) {
    name_values fields = fields_of(upload);
    const wiped_at_end wiped(fields);
    return encode_state(upload_token, fields);
}

result<open_upload> upload_of(const name_values& fields) {
    open_upload upload;
    upload.key = field_of(fields, "key");
    upload.id = field_of(fields, "id");
    upload.mark = field_of(fields, "mark");
    upload.when.create = field_of(fields, "create") == "1";
    upload.when.if_match = field_of(fields, "if-match");
    upload.when.if_version = field_of(fields, "if-version");
    upload.customer_key = secret_string(field_of(fields, "sse-c"));
    upload.sum = checksum_kind_of(field_of(fields, "sum")).value_or(checksum_kind::none);
    upload.sum_value = field_of(fields, "sum-value");
    if (upload.key.empty() || upload.id.empty())
        return not_whole("the token or resume string names no upload");
    return upload;
}

result<open_upload> decode_upload(std::string_view text) {
    result<name_values> fields = decode_state(upload_token, text);
    if (!fields) return fields.error();
    const wiped_at_end wiped(*fields);
    return upload_of(*fields);
}

} // namespace blobstore
