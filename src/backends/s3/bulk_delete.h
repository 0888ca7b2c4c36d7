// SPDX-License-Identifier: Apache-2.0
// A bulk delete from its first attempt to its last: what is left to ask for, and what is known of
// each key. Pure.
#pragma once

#include "backends/s3/judge.h"
#include "backends/s3/requests.h"

namespace blobstore::s3 {

/// Of keys that one request can name. S3-24
class bulk_delete {
public:
    bulk_delete(std::span<const std::string> keys, std::span<result<void>> results);

    /// For the keys that are left.
    result<unsigned_request> request(const endpoint& at);

    /// Settles the keys that an answer deleted or refused for good; what may go better stays left,
    /// and asks for another attempt.
    http::verdict
    judge(const http::response_head& head, std::string_view body, const signed_with& sent);

    /// No other attempt follows one that was accepted: the whole document, which the judge may not
    /// have seen to its end.
    void accept(std::string_view document);

    /// No other attempt follows: `why` is the result of each key that is left, unless the last
    /// answer told its own and the call was not stopped.
    void end(const error& why, bool stopped);

private:
    void settle(std::vector<result<void>> answers);

    const std::span<result<void>> results_;
    std::vector<std::string> left_;
    std::vector<std::size_t> index_; ///< of what is left, in the results
    bool told_ = false;              ///< the results of what is left are the last answer's
};

} // namespace blobstore::s3
