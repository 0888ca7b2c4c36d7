// SPDX-License-Identifier: Apache-2.0
// The verb presign: links that work without credentials until they expire.
#include "cli/commands.h"
#include "cli/units.h"

#include <vector>

namespace blobstore::cli {

namespace {

std::vector<blobstore_kv> to_pairs(const std::vector<name_value>& all) {
    std::vector<blobstore_kv> result;
    for (const auto& [name, value] : all) {
        result.push_back({to_str(name), to_str(value)});
    }
    return result;
}

std::string
presign(session& with, const object_ref& object, const blobstore_presign_options& options) {
    buffer_handle link;
    error_handle error;
    blobstore_status status = BLOBSTORE_OK;
    if (object.store) {
        status = blobstore_presign(
            object.store.get(),
            object.key.data(),
            object.key.size(),
            &options,
            with.call(),
            out_handle(link),
            out_handle(error)
        );
    } else {
        status = blobstore_presign_url(
            with.client(),
            object.url.data(),
            object.url.size(),
            &options,
            with.call(),
            out_handle(link),
            out_handle(error)
        );
    }
    check(status, error);
    std::size_t length = 0;
    const void* data = blobstore_buffer_data(link.get(), &length);
    return std::string(static_cast<const char*>(data), length);
}

} // namespace

void run_presign(session& with) {
    const arguments& args = with.args();
    auto options = make_struct<blobstore_presign_options>();
    const std::vector<blobstore_kv> headers = to_pairs(args.headers);
    const std::vector<blobstore_kv> query = to_pairs(args.query);
    options.method = to_str(args.method);
    options.headers = headers.data();
    options.headers_len = headers.size();
    options.query = query.data();
    options.query_len = query.size();
    const auto expires = parse_duration_ms(args.expires);
    if (!expires || *expires <= 0) {
        throw usage_error(
            "--expires takes seconds or a time such as 15m, 12h or 7d, not '" + args.expires + "'"
        );
    }
    options.expires_ms = *expires;
    if (!args.at.empty()) {
        const auto at = parse_time(args.at);
        if (!at) {
            throw usage_error(
                "--at takes an RFC 3339 time such as 2026-01-02T03:04:05Z, not '" + args.at + "'"
            );
        }
        options.flags |= BLOBSTORE_PRESIGN_SIGNING_TIME;
        options.signing_time_ns = *at;
    }
    for_each_target(with, [&](const std::string& target) {
        const object_ref object = with.object(session::object_argument(target));
        const std::string link = presign(with, object, options);
        with.out().line(
            args.json ? json_object().text("method", args.method).text("url", link).str() : link
        );
    });
}

} // namespace blobstore::cli
