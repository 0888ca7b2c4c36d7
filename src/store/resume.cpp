// SPDX-License-Identifier: Apache-2.0
// Resume strings: fields of state_text, and a file written as every other file of ours.
#include "store/resume.h"

#include "base/encoding.h"
#include "os/beneath.h"
#include "os/replace.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace blobstore {

namespace {

constexpr std::uint64_t longest = 16u << 20; // 10,000 parts take less than one

error no_state() {
    return error(errc::invalid_argument, "the resume string does not say what is needed");
}

template <class T>
bool take_number(std::string_view text, T& into) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
    return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// "1 receipt\n2 receipt\n"; a receipt holds no line end.
template <class N>
bool take_receipts(std::string_view text, std::map<N, std::string>& into) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n'), space = text.find(' ');
        N number = 0;
        if (end == std::string_view::npos || space > end ||
            !take_number(text.substr(0, space), number))
            return false;
        into[number] = text.substr(space + 1, end - space - 1);
        text.remove_prefix(end + 1);
    }
    return true;
}

struct folder_and_name {
    std::string folder, name;
};

folder_and_name split(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

wiping_string encode_resume(const upload_state& state) {
    name_values fields = fields_of(state.upload);
    const wiped_at_end wiped(fields);
    fields.emplace_back("size", std::to_string(state.from.size));
    fields.emplace_back("device", std::to_string(state.from.device));
    fields.emplace_back("inode", std::to_string(state.from.inode));
    fields.emplace_back("modified", std::to_string(state.from.modified_ns));
    fields.emplace_back("part", std::to_string(state.part_size));
    std::string receipts;
    for (const auto& [number, receipt] : state.receipts)
        receipts += std::to_string(number) + ' ' + receipt + '\n';
    fields.emplace_back("receipts", std::move(receipts));
    return encode_state(upload_resume, fields);
}

result<upload_state> decode_resume(std::string_view text) {
    result<name_values> fields = decode_state(upload_resume, text);
    if (!fields) return fields.error();
    const wiped_at_end wiped(*fields);
    upload_state state;
    result<open_upload> upload = upload_of(*fields);
    if (!upload) return upload.error();
    state.upload = std::move(*upload);
    const bool whole = take_number(field_of(*fields, "size"), state.from.size) &&
                       take_number(field_of(*fields, "device"), state.from.device) &&
                       take_number(field_of(*fields, "inode"), state.from.inode) &&
                       take_number(field_of(*fields, "modified"), state.from.modified_ns) &&
                       take_number(field_of(*fields, "part"), state.part_size) &&
                       take_receipts(field_of(*fields, "receipts"), state.receipts);
    if (!whole || state.part_size == 0 || state.receipts.contains(0)) return no_state();
    return state;
}

wiping_string encode_resume(const download_state& state) {
    std::string parts;
    for (const auto& [number, sum] : state.parts)
        parts += std::to_string(number) + ' ' + hex(sum) + '\n';
    const name_values fields{
        {"from", state.from},
        {"etag", state.etag},
        {"checksum", state.checksum},
        {"size", std::to_string(state.size)},
        {"part", std::to_string(state.part_size)},
        {"path", state.path},
        {"kind", std::string(name_of(state.kind))},
        {"partial", state.partial},
        {"parts", std::move(parts)}};
    return encode_state(download_resume, fields);
}

result<download_state> decode_download(std::string_view text) {
    const result<name_values> fields = decode_state(download_resume, text);
    if (!fields) return fields.error();
    download_state state;
    state.from = field_of(*fields, "from");
    state.etag = field_of(*fields, "etag");
    state.checksum = field_of(*fields, "checksum");
    state.path = field_of(*fields, "path");
    state.partial = field_of(*fields, "partial");
    bool whole = take_number(field_of(*fields, "size"), state.size) &&
                 take_number(field_of(*fields, "part"), state.part_size) &&
                 take_receipts(field_of(*fields, "parts"), state.parts);
    const std::optional<checksum_kind> kind = checksum_kind_of(field_of(*fields, "kind"));
    state.kind = kind.value_or(checksum_kind::none);
    whole = whole && combines(state.kind) && state.size != 0 && state.part_size != 0 &&
            !state.partial.empty() && !state.etag.empty();
    if (!whole) return no_state();
    for (auto& [number, sum] : state.parts) {
        const result<std::string> raw = unhex(sum);
        if (!raw || raw->size() != checksum_size(state.kind) ||
            number > (state.size - 1) / state.part_size)
            return no_state();
        sum = *raw;
    }
    return state;
}

result<wiping_string> resume_file::load() const {
    const descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file && errno == ENOENT) return wiping_string();
    if (!file) return os_error(errno, "cannot open the resume file '" + path_ + "'");
    const result<file_facts> facts = facts_of(file.get());
    if (!facts) return facts.error();
    if (facts->kind != file_kind::regular || facts->size > longest)
        return error(errc::invalid_argument, "'" + path_ + "' is no resume file");
    wiping_string text(static_cast<std::size_t>(facts->size), '\0');
    const result<std::size_t> n = read_at(file.get(), text, 0);
    if (!n) return n.error();
    text.resize(*n);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

result<void> resume_file::save(std::string_view text) const {
    const auto [folder, name] = split(path_);
    result<descriptor> in = open_root(folder);
    if (!in) return in.error();
    result<pending_file> pending = pending_file::create(std::move(*in), temporary::automatic);
    if (!pending) return pending.error();
    if (::fchmod(pending->fd(), S_IRUSR | S_IWUSR) != 0)
        return os_error(errno, "cannot protect the resume file");
    result<void> written = pending->write(text);
    if (written) written = pending->write(std::string_view("\n"));
    if (written) written = pending->publish(name, if_exists::replace);
    return written;
}

result<void> resume_file::remove() const {
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
    return os_error(errno, "cannot remove the resume file '" + path_ + "'");
}

} // namespace blobstore
