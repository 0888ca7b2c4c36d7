// SPDX-License-Identifier: Apache-2.0
// Servers, relays and dead ports that one thread uses for one case after the other.
#pragma once

#include "fakes/s3_server.h"
#include "faults/fault_table.h"
#include "support/temp_folder.h"

#include <string>

namespace blobstore::fault_tests {

struct fault_case {
    const operation_row* op = nullptr;
    fault_row fault;
    bool always = false; // every request meets the fault, else one
    bool tls = false;
    bool cancel = false; // always, and cancelled after a moment
    bool warm = false;   // a submitted call over a connection that was used before; else blocking

    std::string name() const;
};

// What a case came to. `wrong` is a lie told to the caller and never repeated; `slow` is what load
// may cause, so that it counts only where it happens again alone.
struct finding {
    std::string wrong, slow;
    bool undetectable = false; // the call succeeded with what nothing on the wire contradicts
};

class lane {
public:
    explicit lane(std::shared_ptr<const fakes::test_ca> ca);

    finding run(const fault_case& now);

private:
    struct end_of_call;

    fakes::s3_server& server(bool tls) { return tls ? secure_ : plain_; }

    void reset(fakes::s3_server& at);
    std::string endpoint(const fault_case& now) const;
    bool met(const fault_case& now);
    void arm(const fault_case& now, fakes::s3_server& at);
    void disarm(fakes::s3_server& at);
    static void
    judge(const fault_case& now, const end_of_call& done, fakes::s3_server& at, finding& found);
    bool quiet(const fakes::s3_server& at) const;

    std::shared_ptr<const fakes::test_ca> ca_;
    fakes::s3_server plain_, secure_, source_;
    relay plain_relay_, secure_relay_;
    fakes::refused_port refused_;
    fakes::blackhole_port blackhole_;
    blobstore_tests::temp_folder folder_;
    std::size_t rule_ = 0; // of the script
};

} // namespace blobstore::fault_tests
