// SPDX-License-Identifier: Apache-2.0
// Pages of keys, by ListObjectsV2 and from servers that do not know it by ListObjects.
#include "backends/s3/backend.h"
#include "backends/s3/responses.h"
#include "backends/s3/versions.h"

namespace blobstore::s3 {

namespace {

error about_store(error e) {
    if (e.code() == errc::not_found) e->code = errc::store_not_found;
    return e;
}

/// Whether the refusal may be one of list-type=2.
bool may_refuse_v2(const error& e) {
    const bool by_status = e->http_status == 400 || e->http_status == 405 || e->http_status == 501;
    return by_status && (e.code() == errc::invalid_argument || e.code() == errc::unsupported);
}

} // namespace

task<result<list_page>>
s3_backend::list_by(operation& op, const list_options& options, list_form form) {
    const unsigned_request r = encode_list(*at(), options, form);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) co_return about_store(document.error());
    co_return decode_list(*document, options, form);
}

task<result<list_page>> s3_backend::list_versions(operation& op, const list_options& options) {
    if (!options.page_token.empty()) {
        const result<version_place> place = decode_place(options.page_token);
        if (!place) co_return place.error();
    }
    const unsigned_request r = encode_list_versions(*at(), options);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) co_return about_store(document.error());
    co_return decode_list_versions(*document, options);
}

/// A server of an unknown vendor that refuses the newer form is asked in the older, once: what it
/// then takes is remembered.
task<result<list_page>> s3_backend::list(operation& op, const list_options& options) {
    if (options.versions) {
        result<list_page> versions = co_await list_versions(op, options);
        co_return versions;
    }
    const std::shared_ptr<const endpoint> here = at();
    const result<void> fits = check_list(here->bucket, options);
    if (!fits) co_return fits.error();
    const list_form form = form_of_list(*here, options);
    result<list_page> page = co_await list_by(op, options, form);
    const bool unknown = here->vendor == &default_profile() && options.page_token.empty();
    if (page || form == list_form::v1 || !unknown || !may_refuse_v2(page.error())) co_return page;
    result<list_page> older = co_await list_by(op, options, list_form::v1);
    if (!older) co_return page;
    relocate([](const endpoint& now) {
        endpoint known = now;
        known.lists = list_form::v1;
        return std::optional(known);
    });
    co_return older;
}

} // namespace blobstore::s3
