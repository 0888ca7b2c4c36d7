// SPDX-License-Identifier: Apache-2.0
// The verbs mb and rb: buckets, and folders as the roots of file stores, made and removed.
#include "cli/commands.h"

namespace blobstore::cli {

namespace {

folder_ref bucket_argument(session& with, const location& where) {
    if (where.scheme != "file" && !where.key.empty()) {
        throw usage_error(where.text + " names an object; " + with.args().verb + " takes a bucket");
    }
    return with.folder(where);
}

void report(session& with, const char* operation, const location& where) {
    if (with.args().json) {
        json_object line;
        line.text("operation", operation).text("source", where.text).boolean("success", true);
        with.out().line(line.str());
    } else if (with.args().verbose > 0) {
        with.out().line(std::string(operation) + " " + printable(where.text));
    }
}

} // namespace

void run_mb(session& with) {
    auto options = make_struct<blobstore_bucket_options>();
    options.flags = with.args().versions ? BLOBSTORE_BUCKET_VERSIONS : 0;
    for_each_target(with, [&](const std::string& target) {
        const location where = session::object_argument(target);
        const folder_ref bucket = bucket_argument(with, where);
        error_handle error;
        const blobstore_status status =
            blobstore_bucket_create(bucket.store.get(), &options, with.call(), out_handle(error));
        check(status, error);
        report(with, "create", where);
    });
}

void run_rb(session& with) {
    for_each_target(with, [&](const std::string& target) {
        const location where = session::object_argument(target);
        const folder_ref bucket = bucket_argument(with, where);
        error_handle error;
        const blobstore_status status =
            blobstore_bucket_delete(bucket.store.get(), with.call(), out_handle(error));
        check(status, error);
        report(with, "remove", where);
    });
}

} // namespace blobstore::cli
