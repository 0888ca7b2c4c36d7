// SPDX-License-Identifier: Apache-2.0
// The faults of the matrix, by name, as data: what the network or the server does, and what
// follows.
#pragma once

#include "fakes/faults.h"
#include "faults/operations.h"
#include "faults/relay.h"

#include <chrono>
#include <string>
#include <vector>

namespace blobstore::fault_tests {

// Where a fault happens.
enum class place { script, relay, refused, blackhole };

struct fault_row {
    std::string name;
    place where = place::script;
    fakes::fault what = {};
    relay_fault wire = {};
    bool harmless = false;  // every call succeeds, however often it is met
    bool recovers = false;  // met once, a call that can be repeated succeeds
    bool hopeless = false;  // met always, no call succeeds
    bool definite = false;  // nothing was done, and the client can know: no doubt is reported
    bool unseen = false;    // a success may be wrong: nothing on the wire tells
    bool left_over = false; // the connection must not be used again
    bool stalls = false;    // met always, nothing but a limit or a cancel ends the call
    unsigned attempts = 3;
    std::chrono::milliseconds time{1500};
    std::chrono::seconds clock{0}; // of the server
};

// Those that concern the operation, over TLS or not.
std::vector<fault_row> faults_for(const operation_row& op, bool tls);

} // namespace blobstore::fault_tests
