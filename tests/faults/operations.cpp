// SPDX-License-Identifier: Apache-2.0
// The calls: blocking, or submitted and waited for.
#include "faults/call_frame.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace blobstore::fault_tests {

namespace {

constexpr std::string_view key = "key", target = "target";

std::string pattern(std::size_t size, unsigned seed) {
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>((seed = seed * 1664525U + 1013904223U) >> 24U);
    return out;
}

outcome get_range(const setting_of_call& w, const blobstore_get_options* options) {
    call_frame f(w);
    if (w.async)
        return f.end(blobstore_get_async(
            w.store, key.data(), key.size(), options, &w.call, nullptr, &f.op, f.err
        ));
    return f.end(
        blobstore_get(w.store, key.data(), key.size(), options, &w.call, &f.buffer, &f.info, f.err)
    );
}

outcome get(const setting_of_call& w) {
    return get_range(w, nullptr);
}

outcome get_part(const setting_of_call& w) {
    auto options = sized<blobstore_get_options>();
    options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    options.offset = 100;
    options.length = 1000;
    outcome out = get_range(w, &options);
    return out;
}

outcome get_into(const setting_of_call& w) {
    call_frame f(w);
    std::string into(content::whole().size() + 8, '\x55');
    outcome out = f.end(
        w.async ? blobstore_get_into_async(
                      w.store,
                      key.data(),
                      key.size(),
                      nullptr,
                      &w.call,
                      into.data(),
                      into.size(),
                      nullptr,
                      &f.op,
                      f.err
                  )
                : blobstore_get_into(
                      w.store,
                      key.data(),
                      key.size(),
                      nullptr,
                      &w.call,
                      into.data(),
                      into.size(),
                      &f.count,
                      &f.info,
                      f.err
                  )
    );
    if (out.status == BLOBSTORE_OK) out.body = into.substr(0, f.count);
    return out;
}

// Near enough to each other for one request.
outcome get_ranges(const setting_of_call& w) {
    call_frame f(w);
    const std::size_t size = content::whole().size(), third = size / 3;
    std::string into(size, '\x55');
    blobstore_range ranges[] = {
        {2 * third, size - 2 * third, into.data() + 2 * third, 0},
        {0, third, into.data(), 0},
        {third, third, into.data() + third, 0}};
    outcome out = f.end(
        w.async ? blobstore_get_ranges_async(
                      w.store,
                      key.data(),
                      key.size(),
                      nullptr,
                      &w.call,
                      ranges,
                      3,
                      nullptr,
                      &f.op,
                      f.err
                  )
                : blobstore_get_ranges(
                      w.store, key.data(), key.size(), nullptr, &w.call, ranges, 3, &f.info, f.err
                  )
    );
    if (out.status == BLOBSTORE_OK)
        out.body = into.substr(0, ranges[0].n + ranges[1].n + ranges[2].n);
    return out;
}

// A reader's calls have the limits of the one that opened it.
outcome read(const setting_of_call& w) {
    call_frame opening(w);
    outcome out = opening.end(
        w.async
            ? blobstore_reader_open_async(
                  w.store,
                  key.data(),
                  key.size(),
                  nullptr,
                  &w.call,
                  nullptr,
                  &opening.op,
                  opening.err
              )
            : blobstore_reader_open(
                  w.store, key.data(), key.size(), nullptr, &w.call, &opening.reader, opening.err
              )
    );
    const reader_ptr held(opening.reader);
    std::string all;
    for (std::size_t n = 1; out.status == BLOBSTORE_OK && n != 0;) {
        call_frame f(w);
        char piece[600];
        out = f.end(
            w.async ? blobstore_reader_read_async(
                          held.get(), piece, sizeof piece, nullptr, &f.op, f.err
                      )
                    : blobstore_reader_read(held.get(), piece, sizeof piece, &f.count, f.err)
        );
        n = f.count;
        if (out.status == BLOBSTORE_OK) all.append(piece, n);
    }
    if (out.status == BLOBSTORE_OK) out.body = all;
    return out;
}

outcome read_next(const setting_of_call& w) {
    call_frame opening(w);
    blobstore_reader_open(
        w.store, key.data(), key.size(), nullptr, &w.call, &opening.reader, opening.err
    );
    const reader_ptr held(opening.reader);
    outcome out = opening.end(held ? BLOBSTORE_OK : blobstore_status{BLOBSTORE_E_NETWORK});
    if (!held) out.status = opening.err.view().status;
    std::string all;
    for (bool more = true; out.status == BLOBSTORE_OK && more;) {
        call_frame f(w);
        out = f.end(
            w.async ? blobstore_reader_next_async(held.get(), 500, nullptr, &f.op, f.err)
                    : blobstore_reader_next(held.get(), 500, &f.buffer, f.err)
        );
        more = out.body.has_value();
        all += out.body.value_or("");
    }
    out.body.reset();
    if (out.status == BLOBSTORE_OK) out.body = all;
    return out;
}

std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Into a file that is there: it must stay as it was, or become the whole object.
outcome download(const setting_of_call& w) {
    call_frame f(w);
    const std::string path = w.folder + "/download";
    std::ofstream(path, std::ios::binary) << content::old();
    auto file = sized<blobstore_file>();
    file.path = str(path);
    outcome out = f.end(
        w.async
            ? blobstore_download_file_async(
                  w.store, key.data(), key.size(), nullptr, &file, &w.call, nullptr, &f.op, f.err
              )
            : blobstore_download_file(
                  w.store, key.data(), key.size(), nullptr, &file, &w.call, &f.info, f.err
              )
    );
    const std::string now = file_text(path);
    if (out.status == BLOBSTORE_OK)
        out.body = now;
    else if (now != content::old())
        out.keys = {"the file under its final name changed although the download failed"};
    return out;
}

outcome head(const setting_of_call& w) {
    call_frame f(w);
    return f.end(
        w.async ? blobstore_head_async(
                      w.store, key.data(), key.size(), nullptr, &w.call, nullptr, &f.op, f.err
                  )
                : blobstore_head(w.store, key.data(), key.size(), nullptr, &w.call, &f.info, f.err)
    );
}

outcome list(const setting_of_call& w) {
    call_frame f(w);
    return f.end(
        w.async ? blobstore_list_async(w.store, nullptr, &w.call, nullptr, &f.op, f.err)
                : blobstore_list(w.store, nullptr, &w.call, &f.page, f.err)
    );
}

outcome put_bytes(const setting_of_call& w, const std::string& data) {
    call_frame f(w);
    return f.end(
        w.async ? blobstore_put_async(
                      w.store,
                      target.data(),
                      target.size(),
                      data.data(),
                      data.size(),
                      nullptr,
                      &w.call,
                      nullptr,
                      &f.op,
                      f.err
                  )
                : blobstore_put(
                      w.store,
                      target.data(),
                      target.size(),
                      data.data(),
                      data.size(),
                      nullptr,
                      &w.call,
                      &f.info,
                      f.err
                  )
    );
}

outcome put(const setting_of_call& w) {
    return put_bytes(w, content::fresh());
}

outcome put_large(const setting_of_call& w) {
    return put_bytes(w, content::large());
}

outcome put_buffer(const setting_of_call& w) {
    call_frame f(w);
    const std::string& data = content::fresh();
    blobstore_buffer* wrapped = nullptr;
    blobstore_buffer_wrap(data.data(), data.size(), nullptr, nullptr, &wrapped, nullptr);
    const buffer_ptr held(wrapped);
    return f.end(
        w.async
            ? blobstore_put_buffer_async(
                  w.store,
                  target.data(),
                  target.size(),
                  wrapped,
                  nullptr,
                  &w.call,
                  nullptr,
                  &f.op,
                  f.err
              )
            : blobstore_put_buffer(
                  w.store, target.data(), target.size(), wrapped, nullptr, &w.call, &f.info, f.err
              )
    );
}

outcome upload(const setting_of_call& w) {
    call_frame f(w);
    const std::string path = w.folder + "/upload";
    std::ofstream(path, std::ios::binary) << content::fresh();
    auto file = sized<blobstore_file>();
    file.path = str(path);
    return f.end(
        w.async ? blobstore_upload_file_async(
                      w.store,
                      target.data(),
                      target.size(),
                      &file,
                      nullptr,
                      &w.call,
                      nullptr,
                      &f.op,
                      f.err
                  )
                : blobstore_upload_file(
                      w.store, target.data(), target.size(), &file, nullptr, &w.call, &f.info, f.err
                  )
    );
}

outcome copy_from(const setting_of_call& w, blobstore_store* from, std::string_view source) {
    call_frame f(w);
    return f.end(
        w.async ? blobstore_copy_async(
                      from,
                      source.data(),
                      source.size(),
                      w.store,
                      target.data(),
                      target.size(),
                      nullptr,
                      &w.call,
                      nullptr,
                      &f.op,
                      f.err
                  )
                : blobstore_copy(
                      from,
                      source.data(),
                      source.size(),
                      w.store,
                      target.data(),
                      target.size(),
                      nullptr,
                      &w.call,
                      &f.info,
                      f.err
                  )
    );
}

outcome copy(const setting_of_call& w) {
    return copy_from(w, w.store, key);
}

// From another service: its bytes come once and cannot be asked for again.
outcome copy_streamed(const setting_of_call& w) {
    return copy_from(w, w.other, "source");
}

outcome remove(const setting_of_call& w) {
    call_frame f(w);
    return f.end(
        w.async ? blobstore_delete_async(
                      w.store, target.data(), target.size(), &w.call, nullptr, &f.op, f.err
                  )
                : blobstore_delete(w.store, target.data(), target.size(), &w.call, f.err)
    );
}

outcome remove_many(const setting_of_call& w) {
    call_frame f(w);
    const blobstore_str keys[] = {str("m0"), str("m1"), str("m2")};
    std::vector<blobstore_status> results(3, BLOBSTORE_E_INTERNAL);
    outcome out = f.end(
        w.async ? blobstore_delete_many_async(
                      w.store, keys, 3, &w.call, results.data(), nullptr, &f.op, f.err
                  )
                : blobstore_delete_many(w.store, keys, 3, &w.call, results.data(), f.err)
    );
    out.results = results;
    return out;
}

const std::string& part() {
    static const std::string made = content::whole().substr(100, 1000);
    return made;
}

constexpr bool yes = true, no = false;

/// Nothing tells the checksum of ranges: a flipped bit of them cannot be seen.
const std::string& all_ranges() {
    static const std::string made = content::whole();
    return made;
}

constexpr operation_row rows[] = {
    // name, effect, answer has a body, judged whole, request has a body, replayable, wanted
    {"get", effect::reads, yes, no, no, yes, content::whole, get},
    {"get_range", effect::reads, yes, no, no, yes, part, get_part},
    {"get_into", effect::reads, yes, no, no, yes, content::whole, get_into},
    {"get_ranges", effect::reads, yes, no, no, yes, all_ranges, get_ranges},
    {"reader_read", effect::reads, yes, no, no, yes, content::whole, read},
    {"reader_next", effect::reads, yes, no, no, yes, content::whole, read_next},
    {"download_file", effect::reads, yes, no, no, yes, content::whole, download},
    {"head", effect::heads, no, no, no, yes, content::whole, head},
    {"list", effect::lists, yes, no, no, yes, content::whole, list},
    {"put", effect::writes, no, no, yes, yes, content::fresh, put},
    {"put_large", effect::writes, no, no, yes, yes, content::large, put_large},
    {"put_buffer", effect::writes, no, no, yes, yes, content::fresh, put_buffer},
    {"upload_file", effect::writes, no, no, yes, yes, content::fresh, upload},
    {"copy", effect::writes, yes, yes, no, yes, content::whole, copy},
    {"copy_streamed", effect::writes, no, no, yes, no, content::foreign, copy_streamed},
    {"delete", effect::removes, no, no, no, yes, content::whole, remove},
    {"delete_many", effect::removes_many, yes, yes, yes, yes, content::whole, remove_many},
};

} // namespace

namespace content {

const std::string& whole() {
    static const std::string made = pattern(3000, 1);
    return made;
}

const std::string& old() {
    static const std::string made = pattern(700, 2);
    return made;
}

const std::string& fresh() {
    static const std::string made = pattern(2500, 3);
    return made;
}

const std::string& large() {
    static const std::string made = pattern(3 << 20, 5);
    return made;
}

const std::string& foreign() {
    static const std::string made = pattern(2600, 4);
    return made;
}

} // namespace content

std::span<const operation_row> operations() {
    static const std::vector<operation_row> all = [] {
        std::vector<operation_row> made(std::begin(rows), std::end(rows));
        const auto more = operations_beside();
        made.insert(made.end(), more.begin(), more.end());
        return made;
    }();
    return all;
}

} // namespace blobstore::fault_tests
