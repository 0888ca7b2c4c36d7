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

/// What is not the bytes of an object is no body to judge.
outcome without_body(outcome out) {
    out.body.reset();
    out.keys.clear();
    out.size.reset();
    return out;
}

template <class Blocking, class Submitted>
outcome either(const setting_of_call& w, Blocking blocking, Submitted submitted) {
    call_frame f(w);
    return without_body(f.end(w.async ? submitted(f) : blocking(f)));
}

outcome upload_create(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_create(
                w.store, target.data(), target.size(), nullptr, &w.call, &f.buffer, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_upload_create_async(
                w.store, target.data(), target.size(), nullptr, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome upload_part(const setting_of_call& w) {
    const std::string& data = content::fresh();
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_part(
                w.store,
                w.token.data(),
                w.token.size(),
                1,
                data.data(),
                data.size(),
                &w.call,
                &f.buffer,
                f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_upload_part_async(
                w.store,
                w.token.data(),
                w.token.size(),
                1,
                data.data(),
                data.size(),
                &w.call,
                nullptr,
                &f.op,
                f.err
            );
        }
    );
}

outcome upload_part_copy(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_part_copy(
                w.store,
                w.token.data(),
                w.token.size(),
                1,
                w.store,
                key.data(),
                key.size(),
                nullptr,
                &w.call,
                &f.buffer,
                f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_upload_part_copy_async(
                w.store,
                w.token.data(),
                w.token.size(),
                1,
                w.store,
                key.data(),
                key.size(),
                nullptr,
                &w.call,
                nullptr,
                &f.op,
                f.err
            );
        }
    );
}

outcome upload_list_parts(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_list_parts(
                w.store, w.token.data(), w.token.size(), &w.call, &f.page, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_upload_list_parts_async(
                w.store, w.token.data(), w.token.size(), &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome upload_complete(const setting_of_call& w) {
    const blobstore_kv parts[] = {{str("1"), {}}};
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_complete(
                w.store, w.token.data(), w.token.size(), parts, 1, &w.call, &f.info, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_upload_complete_async(
                w.store, w.token.data(), w.token.size(), parts, 1, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome upload_abort(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_upload_abort(w.store, w.token.data(), w.token.size(), &w.call, f.err);
        },
        [&](call_frame& f) {
            return blobstore_upload_abort_async(
                w.store, w.token.data(), w.token.size(), &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome uploads_list(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_uploads_list(w.store, nullptr, &w.call, &f.page, f.err);
        },
        [&](call_frame& f) {
            return blobstore_uploads_list_async(w.store, nullptr, &w.call, nullptr, &f.op, f.err);
        }
    );
}

outcome uploads_abort(const setting_of_call& w) {
    std::uint64_t aborted = 0;
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_uploads_abort(w.store, "", 0, 0, &w.call, &aborted, f.err);
        },
        [&](call_frame& f) {
            return blobstore_uploads_abort_async(w.store, "", 0, 0, &w.call, nullptr, &f.op, f.err);
        }
    );
}

outcome delete_with(const setting_of_call& w) {
    auto options = sized<blobstore_delete_options>();
    options.if_match = str("*");
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_delete_with(
                w.store, target.data(), target.size(), &options, &w.call, &f.info, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_delete_with_async(
                w.store, target.data(), target.size(), &options, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome copy_with(const setting_of_call& w) {
    auto source = sized<blobstore_get_options>();
    source.if_match = str("*");
    auto to = sized<blobstore_put_options>();
    to.flags = BLOBSTORE_PUT_KEEP_ATTRIBUTES | BLOBSTORE_PUT_KEEP_TAGS;
    to.if_match = str("*");
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_copy_with(
                w.store,
                key.data(),
                key.size(),
                &source,
                w.store,
                target.data(),
                target.size(),
                &to,
                &w.call,
                &f.info,
                f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_copy_with_async(
                w.store,
                key.data(),
                key.size(),
                &source,
                w.store,
                target.data(),
                target.size(),
                &to,
                &w.call,
                nullptr,
                &f.op,
                f.err
            );
        }
    );
}

outcome rename(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_rename(
                w.store,
                third.data(),
                third.size(),
                target.data(),
                target.size(),
                nullptr,
                &w.call,
                &f.info,
                f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_rename_async(
                w.store,
                third.data(),
                third.size(),
                target.data(),
                target.size(),
                nullptr,
                &w.call,
                nullptr,
                &f.op,
                f.err
            );
        }
    );
}

outcome update(const setting_of_call& w) {
    auto to = sized<blobstore_put_options>();
    to.content_type = str("text/x-new");
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_update(
                w.store, target.data(), target.size(), &to, &w.call, &f.info, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_update_async(
                w.store, target.data(), target.size(), &to, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome tags_get(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_tags_get(
                w.store, key.data(), key.size(), nullptr, &w.call, &f.info, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_tags_get_async(
                w.store, key.data(), key.size(), nullptr, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome tags_set(const setting_of_call& w) {
    const blobstore_kv tag{str("a"), str("b")};
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_tags_set(
                w.store, key.data(), key.size(), &tag, 1, nullptr, &w.call, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_tags_set_async(
                w.store, key.data(), key.size(), &tag, 1, nullptr, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome inspect(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_inspect(
                w.store, key.data(), key.size(), nullptr, &w.call, &f.info, f.err
            );
        },
        [&](call_frame& f) {
            return blobstore_inspect_async(
                w.store, key.data(), key.size(), nullptr, &w.call, nullptr, &f.op, f.err
            );
        }
    );
}

outcome bucket_exists(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) { return blobstore_bucket_exists(w.store, &w.call, f.err); },
        [&](call_frame& f) {
            return blobstore_bucket_exists_async(w.store, &w.call, nullptr, &f.op, f.err);
        }
    );
}

outcome bucket_list(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) {
            return blobstore_bucket_list(w.store, nullptr, &w.call, &f.page, f.err);
        },
        [&](call_frame& f) {
            return blobstore_bucket_list_async(w.store, nullptr, &w.call, nullptr, &f.op, f.err);
        }
    );
}

outcome bucket_create(const setting_of_call& w) {
    return either(
        w,
        [&](call_frame& f) { return blobstore_bucket_create(w.store, nullptr, &w.call, f.err); },
        [&](call_frame& f) {
            return blobstore_bucket_create_async(w.store, nullptr, &w.call, nullptr, &f.op, f.err);
        }
    );
}

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
constexpr auto beside = effect::beside;

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
    {"bucket_create", beside, no, no, no, yes, content::whole, bucket_create, 1, nullptr},
    {"write_parts", effect::writes, no, no, yes, yes, parts_of_writer, write_parts, 6, nullptr},
};

} // namespace

std::span<const operation_row> operations_beside() {
    return rows;
}

} // namespace blobstore::fault_tests
