// SPDX-License-Identifier: Apache-2.0
// One connection of the fake server: requests in, replies out, the script's faults between.
#pragma once

#include "fakes/faults.h"
#include "fakes/message.h"
#include "fakes/s3_service.h"
#include "fakes/wire.h"

#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace blobstore::fakes {

// What a connection tells the server about each request; called from the connection's thread.
class request_observer {
public:
    virtual ~request_observer() = default;
    virtual std::uint64_t began(unsigned connection, const request& head, const route& where) = 0;
    // Before the first byte of the answer goes out: a client that has it finds it in the log.
    virtual void answering(std::uint64_t ticket, std::uint64_t body_bytes, const reply& answer) = 0;
    virtual void ended(
        std::uint64_t ticket, std::uint64_t body_bytes, std::uint64_t answer_bytes, bool complete
    ) = 0;
};

class connection {
public:
    connection(
        wire& stream,
        unsigned number,
        s3_service& service,
        fault_script& script,
        request_observer& observer
    );

    void run(); // until the connection ends

private:
    enum class flow { go_on, keep, over };

    struct exchange {
        request message;
        route where;
        std::shared_ptr<const fault> trouble; // may be null
        bool keep_alive = true;
        bool complete = false;
        std::uint64_t ticket = 0;
        std::uint64_t body_bytes = 0;
        std::optional<reply> answer;
    };

    bool one_request();
    flow serve(exchange& now);
    template <class Parser>
    flow read_body(Parser& parser, exchange& now);
    // Does the fault's event if it stands here; go_on: nothing happened, or it is over.
    flow meet(const exchange& now, stage where);
    flow do_event(const fault& what);
    reply make_answer(exchange& now);
    flow send(exchange& now);
    flow send_plain(exchange& now, std::string head);
    flow send_shaped(exchange& now, std::string head);
    bool write_slowly(const fault& what, std::string_view bytes);

    wire& stream_;
    unsigned number_;
    s3_service& service_;
    fault_script& script_;
    request_observer& observer_;
    boost::beast::flat_buffer buffer_;
};

} // namespace blobstore::fakes
