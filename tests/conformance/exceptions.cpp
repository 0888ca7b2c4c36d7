// SPDX-License-Identifier: Apache-2.0
// The table of exceptions. An exception that meanwhile passes fails the suite.
#include "exceptions.h"

namespace conformance {

namespace {

constexpr blobstore_status invalid = BLOBSTORE_E_INVALID_ARGUMENT;
constexpr std::string_view no_name = "issue 3 section 5: a file system cannot hold this name";
constexpr std::string_view alias = "servers.md, S3 matrix: stored under another key or refused";
constexpr std::string_view xml = "servers.md, S3 matrix: U+0001 is listed as U+FFFD";
constexpr std::string_view no_path = "servers.md, S3 matrix: 400, the key is no path";
constexpr std::string_view long_name = "servers.md, S3 matrix: a segment of 256 bytes is 400";

constexpr exception table[] = {
    {"file", "key p//q", invalid, no_name},
    {"file", "key /lead", invalid, no_name},
    {"file", "key dir/", invalid, no_name},
    {"file", "key 0x2f", invalid, no_name},
    {"file", "key .", invalid, no_name},
    {"file", "key ..", invalid, no_name},
    {"file", "key x/./y", invalid, no_name},
    {"file", "key x/../y", invalid, no_name},
    {"file", "key 0x2e", invalid, no_name},
    {"file", "key segment 256", invalid, no_name},
    {"file", "fc beside fc/x", BLOBSTORE_E_CONFLICT, "issue 3 section 5: a beside a/b"},
    {"versitygw", "key p//q", 0, alias},
    {"versitygw", "key /lead", 0, alias},
    {"versitygw", "key 0x2f", 0, alias},
    {"versitygw", "key 0x2e", 0, alias},
    {"versitygw", "key .", 0, alias},
    {"versitygw", "key ..", 0, alias},
    {"versitygw", "key x/./y", 0, alias},
    {"versitygw", "key x/../y", 0, alias},
    {"versitygw", "key dir/", 0, "servers.md, S3 matrix: DirectoryObjectContainsData"},
    {"versitygw", "key segment 256", 0, long_name},
    {"versitygw", "fc beside fc/x", BLOBSTORE_E_CONFLICT, "servers.md: ObjectParentIsFile"},
    {"versitygw", "if_modified_since", 0, "servers.md: If-Modified-Since compares below 1 s"},
    {"versitygw", "delete if_match of nothing", 0, "a delete of what is missing is 204"},
    {"versitygw", "delete of a version that is gone", 0, "it says that the id is none"},
    {"versitygw", "pages of one version", BLOBSTORE_E_PROTOCOL, "its next page is the same again"},
    {"minio", "expires of a copy", 0, "a copy loses Expires"},
    {"minio", "key p//q", 0, no_path},
    {"minio", "key /lead", 0, no_path},
    {"minio", "key 0x2f", 0, no_path},
    {"minio", "key 0x2e", 0, no_path},
    {"minio", "key .", 0, no_path},
    {"minio", "key ..", 0, no_path},
    {"minio", "key x/./y", 0, no_path},
    {"minio", "key x/../y", 0, no_path},
    {"minio", "key segment 256", 0, long_name},
    {"minio", "fc beside fc/x", 0, "servers.md, S3 matrix: the list shows only fc"},
};

constexpr exception no_xml = {"versitygw", "", 0, xml};

// The C0 characters that XML 1.0 cannot hold: all but tab, LF and CR.
bool is_no_xml(std::string_view what) {
    if (!what.starts_with("key 0x0") && !what.starts_with("key 0x1")) return false;
    what = what.substr(0, 8);
    return what != "key 0x09" && what != "key 0x0a" && what != "key 0x0d";
}

} // namespace

const exception* find_exception(std::string_view store, std::string_view what) {
    if (store.ends_with("_tls")) store.remove_suffix(4);
    if (store.starts_with("toxic_")) store = "versitygw"; // toxiproxy stands before it
    for (const exception& one : table) {
        if (one.store == store && one.what == what) return &one;
    }
    return store == no_xml.store && is_no_xml(what) ? &no_xml : nullptr;
}

} // namespace conformance
