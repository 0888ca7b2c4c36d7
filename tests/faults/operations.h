// SPDX-License-Identifier: Apache-2.0
// Every call of blobstore.h that goes over the network, in one form, with what it does to a store.
#pragma once

#include "capi/support.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace blobstore::fault_tests {

// The objects that each case starts with, in the bucket "bucket".
namespace content {

const std::string& whole();   // of "key"; get and its kind read it, copies copy it
const std::string& old();     // of "target" and of "m0" to "m2"
const std::string& fresh();   // what a put writes to "target"
const std::string& large();   // more than the kernel takes at once
const std::string& foreign(); // of "source" in the other service

} // namespace content

// What one call is made with.
struct setting_of_call {
    blobstore_store* store = nullptr;
    blobstore_store* other = nullptr; // another service, the source of a streamed copy
    blobstore_call call{};
    bool async = false;
    std::string folder;               // for downloads
    std::string token;                // of an upload, where the operation prepares one
    blobstore_store* spare = nullptr; // a bucket beside, of which nobody needs anything
};

// What it came to, copied out.
struct outcome {
    blobstore_status status = BLOBSTORE_OK;
    std::uint32_t flags = 0, attempts = 0; // of the error
    int http_status = 0;
    std::string message;
    std::optional<std::string> body;
    std::optional<std::uint64_t> size;
    std::string etag;
    std::vector<std::string> keys;
    std::vector<blobstore_status> results; // of delete_many
};

// beside: the objects stay as they are, whatever it comes to. brings_back: what a marker hid.
enum class effect {
    reads,
    writes,
    removes,
    removes_many,
    lists,
    heads,
    beside,
    brings_back,
    makes_bucket, // this and what follows: the spare one
    removes_bucket,
    turns_versions
};

struct operation_row {
    const char* name;
    effect does;
    bool answer_has_body; // of a success
    bool judged_whole;    // the answer's body is read before the retry loop lets go of it
    bool has_body;        // of the request
    bool replayable;
    const std::string& (*wanted)(); // what is read, or what stands in "target" after a success
    outcome (*run)(const setting_of_call&);
    unsigned requests = 1;                       // of a call, at most, where all goes well
    void (*prepare)(setting_of_call&) = nullptr; // before there is a fault
    bool heads_first = false; // the first request is a HEAD, whose refusals say less
    bool once = false;        // carried out twice by others it answers that there is nothing to do
};

std::span<const operation_row> operations();

// Of operations_beside.cpp: uploads in parts, conditions, and what goes on beside the bytes.
std::span<const operation_row> operations_beside();

} // namespace blobstore::fault_tests
