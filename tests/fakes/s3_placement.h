// SPDX-License-Identifier: Apache-2.0
// How an object is to be kept: class of storage and encryption, of which customer's keys are
// compared.
#pragma once

#include "fakes/object_map.h"

#include <optional>

namespace blobstore::fakes {

inline constexpr std::string_view customer_prefix = "x-amz-server-side-encryption-customer-";
inline constexpr std::string_view source_customer_prefix =
    "x-amz-copy-source-server-side-encryption-customer-";

// The placement that the headers ask for, in place of what was there.
std::optional<refusal> read_placement(const header_list& headers, stored_object& out);

// Whether the key that comes with a request is that of the object.
std::optional<refusal> check_customer_key(
    const header_list& headers, std::string_view prefix, const stored_object& object
);

// The headers that answers about an object have; a write's tell no class of storage.
void add_placement(header_list& to, const stored_object& object, bool of_read);

// As a server that does not know customer's keys sees the request.
void forget_customer_keys(header_list& headers);

} // namespace blobstore::fakes
