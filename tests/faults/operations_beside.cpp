// SPDX-License-Identifier: Apache-2.0
// The calls on uploads in parts, on conditions, and beside the bytes. append is not here: S3 has
// none, so that it sends nothing.
#include "faults/call_frame.h"

namespace blobstore::fault_tests {

namespace {

using writer_ptr = std::unique_ptr<blobstore_writer, freer<blobstore_writer_free>>;

constexpr std::string_view key = "key", target = "target", third = "third";
constexpr std::size_t part_size = 5u << 20;

const std::string& parts_of_writer() {
    static const std::string made = content::large() + content::large();
    return made;
}

void begin_upload(setting_of_call& w) {
    blobstore_buffer* token = nullptr;
    blobstore_upload_create(
        w.store, target.data(), target.size(), nullptr, &w.call, &token, nullptr
    );
    const buffer_ptr held(token);
    std::size_t size = 0;
    const void* const data = blobstore_buffer_data(token, &size);
    if (data) w.token.assign(static_cast<const char*>(data), size);
}

void begin_and_put(setting_of_call& w) {
    begin_upload(w);
    blobstore_buffer* receipt = nullptr;
    const std::string& data = content::fresh();
    blobstore_upload_part(
        w.store,
        w.token.data(),
        w.token.size(),
        1,
        data.data(),
        data.size(),
        &w.call,
        &receipt,
        nullptr
    );
    blobstore_buffer_free(receipt);
}

void put_third(setting_of_call& w) {
    const std::string& data = content::fresh();
    blobstore_put(
        w.store,
        third.data(),
        third.size(),
        data.data(),
        data.size(),
        nullptr,
        &w.call,
        nullptr,
        nullptr
    );
}

// One delete marker hides the object.
void hide(setting_of_call& w) {
    blobstore_bucket_versioning(w.store, 1, &w.call, nullptr);
    blobstore_delete(w.store, target.data(), target.size(), &w.call, nullptr);
}

void remove_spare(setting_of_call& w) {
    blobstore_bucket_delete(w.spare, &w.call, nullptr);
}

/// What is not the bytes of an object is no body to judge.
outcome without_body(outcome out) {
    out.body.reset();
    out.keys.clear();
    out.size.reset();
    return out;
}

// A call in both its forms: Out, where the blocking one puts its result, is what they do not share.
template <auto Blocking, auto Submitted, auto... Out, class... Args>
outcome either(const setting_of_call& w, Args... args) {
    call_frame f(w);
    return without_body(f.end(
        w.async ? Submitted(args..., &w.call, nullptr, &f.op, f.err)
                : Blocking(args..., &w.call, &(f.*Out)..., f.err)
    ));
}

// The same of what one object or one upload is named by.
template <auto Blocking, auto Submitted, auto... Out, class... Args>
outcome of_key(const setting_of_call& w, std::string_view name, Args... args) {
    return either<Blocking, Submitted, Out...>(w, w.store, name.data(), name.size(), args...);
}

constexpr auto to_info = &call_frame::info;
constexpr auto to_buffer = &call_frame::buffer;
constexpr auto to_page = &call_frame::page;

#define BOTH(call) blobstore_##call, blobstore_##call##_async

outcome upload_create(const setting_of_call& w) {
    return of_key<BOTH(upload_create), to_buffer>(w, target, nullptr);
}

outcome upload_part(const setting_of_call& w) {
    const std::string& data = content::fresh();
    return of_key<BOTH(upload_part), to_buffer>(w, w.token, 1, data.data(), data.size());
}

outcome upload_part_copy(const setting_of_call& w) {
    return of_key<BOTH(upload_part_copy), to_buffer>(
        w, w.token, 1, w.store, key.data(), key.size(), nullptr
    );
}

outcome upload_list_parts(const setting_of_call& w) {
    return of_key<BOTH(upload_list_parts), to_page>(w, w.token);
}

outcome upload_complete(const setting_of_call& w) {
    const blobstore_kv parts[] = {{str("1"), {}}};
    return of_key<BOTH(upload_complete), to_info>(w, w.token, parts, 1);
}

outcome upload_abort(const setting_of_call& w) {
    return of_key<BOTH(upload_abort)>(w, w.token);
}

outcome uploads_list(const setting_of_call& w) {
    return either<BOTH(uploads_list), to_page>(w, w.store, nullptr);
}

outcome uploads_abort(const setting_of_call& w) {
    return either<BOTH(uploads_abort), &call_frame::count>(w, w.store, "", 0, 0);
}

outcome delete_with(const setting_of_call& w) {
    auto options = sized<blobstore_delete_options>();
    options.if_match = str("*");
    return of_key<BOTH(delete_with), to_info>(w, target, &options);
}

outcome copy_with(const setting_of_call& w) {
    auto source = sized<blobstore_get_options>();
    source.if_match = str("*");
    auto to = sized<blobstore_put_options>();
    to.flags = BLOBSTORE_PUT_KEEP_ATTRIBUTES | BLOBSTORE_PUT_KEEP_TAGS;
    to.if_match = str("*");
    return of_key<BOTH(copy_with), to_info>(
        w, key, &source, w.store, target.data(), target.size(), &to
    );
}

outcome rename(const setting_of_call& w) {
    return of_key<BOTH(rename), to_info>(w, third, target.data(), target.size(), nullptr);
}

outcome update(const setting_of_call& w) {
    auto to = sized<blobstore_put_options>();
    to.content_type = str("text/x-new");
    return of_key<BOTH(update), to_info>(w, target, &to);
}

outcome tags_get(const setting_of_call& w) {
    return of_key<BOTH(tags_get), to_info>(w, key, nullptr);
}

outcome tags_set(const setting_of_call& w) {
    const blobstore_kv tag{str("a"), str("b")};
    return of_key<BOTH(tags_set)>(w, key, &tag, 1, nullptr);
}

outcome inspect(const setting_of_call& w) {
    return of_key<BOTH(inspect), to_info>(w, key, nullptr);
}

outcome undelete(const setting_of_call& w) {
    return of_key<BOTH(undelete), to_info>(w, target);
}

outcome bucket_exists(const setting_of_call& w) {
    return either<BOTH(bucket_exists)>(w, w.store);
}

outcome bucket_list(const setting_of_call& w) {
    return either<BOTH(bucket_list), to_page>(w, w.store, nullptr);
}

outcome bucket_create(const setting_of_call& w) {
    return either<BOTH(bucket_create)>(w, w.spare, nullptr);
}

outcome bucket_delete(const setting_of_call& w) {
    return either<BOTH(bucket_delete)>(w, w.spare);
}

outcome bucket_versioning(const setting_of_call& w) {
    return either<BOTH(bucket_versioning)>(w, w.spare, 1);
}

#undef BOTH

outcome write_parts(const setting_of_call& w) {
    const std::string& data = parts_of_writer();
    auto options = sized<blobstore_put_options>();
    options.part_size = part_size;
    call_frame opening(w);
    blobstore_writer* writer = nullptr;
    outcome out = opening.end(blobstore_writer_open(
        w.store, target.data(), target.size(), &options, &w.call, &writer, opening.err
    ));
    const writer_ptr held(writer);
    if (!held) {
        out.status = opening.err.view().status;
        return out;
    }
    call_frame writing(w);
    out = writing.end(
        w.async ? blobstore_writer_write_async(
                      writer, data.data(), data.size(), nullptr, &writing.op, writing.err
                  )
                : blobstore_writer_write(writer, data.data(), data.size(), writing.err)
    );
    if (out.status != BLOBSTORE_OK) return out;
    call_frame ending(w);
    return without_body(ending.end(
        w.async ? blobstore_writer_finish_async(writer, nullptr, &ending.op, ending.err)
                : blobstore_writer_finish(writer, &ending.info, ending.err)
    ));
}

constexpr bool yes = true, no = false;
constexpr auto beside = effect::beside, makes_bucket = effect::makes_bucket;

// name, effect, answer has a body, judged whole, request has a body, replayable, wanted, the call,
// requests, what is prepared, a HEAD comes first, a second time is another answer
constexpr operation_row rows[] = {
    {"upload_create", beside, yes, yes, no, yes, content::whole, upload_create, 1, nullptr},
    {"upload_part", beside, no, no, yes, yes, content::whole, upload_part, 1, begin_upload},
    {"upload_part_copy",
     beside,
     yes,
     yes,
     no,
     yes,
     content::whole,
     upload_part_copy,
     1,
     begin_upload},
    {"upload_list_parts",
     beside,
     yes,
     no,
     no,
     yes,
     content::whole,
     upload_list_parts,
     1,
     begin_and_put},
    {"upload_complete",
     effect::writes,
     yes,
     no,
     no,
     yes,
     content::fresh,
     upload_complete,
     3,
     begin_and_put},
    {"upload_abort",
     beside,
     no,
     no,
     no,
     yes,
     content::whole,
     upload_abort,
     1,
     begin_and_put,
     no,
     yes},
    {"uploads_list", beside, yes, no, no, yes, content::whole, uploads_list, 1, begin_and_put},
    {"uploads_abort", beside, yes, no, no, yes, content::whole, uploads_abort, 2, begin_and_put},
    {"delete_with",
     effect::removes,
     no,
     no,
     no,
     yes,
     content::whole,
     delete_with,
     1,
     nullptr,
     no,
     yes},
    {"copy_with", effect::writes, no, no, no, yes, content::whole, copy_with, 4, nullptr, yes},
    {"rename", effect::writes, no, no, no, yes, content::fresh, rename, 5, put_third, yes},
    {"update", effect::writes, no, no, no, yes, content::old, update, 4, nullptr, yes},
    {"tags_get", beside, yes, no, no, yes, content::whole, tags_get, 1, nullptr},
    {"tags_set", beside, no, no, yes, yes, content::whole, tags_set, 1, nullptr},
    {"inspect", beside, yes, no, no, yes, content::whole, inspect, 1, nullptr},
    {"bucket_exists", effect::heads, no, no, no, yes, content::whole, bucket_exists, 1, nullptr},
    {"bucket_list", beside, yes, no, no, yes, content::whole, bucket_list, 1, nullptr},
    {"undelete", effect::brings_back, yes, no, no, yes, content::old, undelete, 3, hide, no, yes},
    {"bucket_create",
     makes_bucket,
     no,
     no,
     no,
     yes,
     content::whole,
     bucket_create,
     1,
     remove_spare},
    {"bucket_delete",
     effect::removes_bucket,
     no,
     no,
     no,
     yes,
     content::whole,
     bucket_delete,
     1,
     nullptr,
     no,
     yes},
    {"bucket_versioning",
     effect::turns_versions,
     no,
     no,
     yes,
     yes,
     content::whole,
     bucket_versioning,
     1,
     nullptr},
    {"write_parts", effect::writes, no, no, yes, yes, parts_of_writer, write_parts, 6, nullptr},
};

} // namespace

std::span<const operation_row> operations_beside() {
    return rows;
}

} // namespace blobstore::fault_tests
