// SPDX-License-Identifier: Apache-2.0
// Requests that others signed: the shared sets of vectors, as the fake's verifier takes them.
#pragma once

#include "fakes/signature_check.h"

#include <string>
#include <vector>

namespace blobstore::fakes {

struct signed_case {
    std::string name;
    request message;
    signature_rules rules;
    std::string date;          // when it was signed
    bool body_is_known = true; // recorded whole
};

// Empty where the sets are not there: BLOBSTORE_VECTORS_DIR, else shared/vectors beside the source.
std::vector<signed_case> c_auth_cases();
std::vector<signed_case> botocore_cases();
std::vector<signed_case> recorded_cases();

// "ok", or why the verifier refuses it, at the time of its signing.
std::string judge(const signed_case& one);

} // namespace blobstore::fakes
