// SPDX-License-Identifier: Apache-2.0
// Which keys of a bulk delete are named again.
#include "backends/s3/bulk_delete.h"

#include "backends/s3/codes.h"
#include "backends/s3/responses.h"

namespace blobstore::s3 {

namespace {

bool throttles(const error& e) {
    return meaning_of(200, e->service_code).what == http::action::throttled;
}

/// One that may go better; those that throttle first, which ask for the longer pause.
std::optional<error> best_reason(std::span<const result<void>> answers) {
    std::optional<error> found;
    for (const result<void>& one : answers) {
        if (one) continue;
        error why = one.error();
        if (!why->retryable) continue;
        if (throttles(why)) return why;
        if (!found) found = std::move(why);
    }
    return found;
}

} // namespace

bulk_delete::bulk_delete(std::span<const std::string> keys, std::span<result<void>> results)
    : results_(results)
    , left_(keys.begin(), keys.end()) {
    for (std::size_t i = 0; i < keys.size(); ++i)
        index_.push_back(i);
}

result<unsigned_request> bulk_delete::request(const endpoint& at) {
    told_ = false;
    return encode_remove_many(at, left_);
}

void bulk_delete::settle(std::vector<result<void>> answers) {
    std::vector<std::string> left;
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const bool again = !answers[i] && answers[i].error()->retryable;
        results_[index_[i]] = std::move(answers[i]);
        if (!again) continue;
        left.push_back(std::move(left_[i]));
        index.push_back(index_[i]);
    }
    left_ = std::move(left);
    index_ = std::move(index);
    told_ = true;
}

http::verdict bulk_delete::judge(
    const http::response_head& head, std::string_view body, const signed_with& sent
) {
    http::verdict v = judge_document(head, body, sent);
    if (v.what != http::action::done || head.status / 100 != 2) return v;
    const bool whole = body.size() < document_judged;
    result<std::vector<result<void>>> answers =
        whole ? decode_remove_many(body, left_) : decode_remove_some(body, left_);
    if (!answers) {
        v.what = http::action::fail;
        v.why = answers.error();
        return v;
    }
    if (const std::optional<error> reason = best_reason(*answers)) {
        v.what = throttles(*reason) ? http::action::throttled : http::action::retry;
        v.why = *reason;
        v.why->http_status = head.status;
    }
    // Of a document that is cut nothing is settled: a second delete of the same key does no harm.
    if (whole) settle(std::move(*answers));
    return v;
}

void bulk_delete::accept(std::string_view document) {
    if (told_) return;
    result<std::vector<result<void>>> answers = decode_remove_many(document, left_);
    if (!answers) return end(answers.error(), false);
    settle(std::move(*answers));
}

void bulk_delete::end(const error& why, bool stopped) {
    for (const std::size_t i : index_) {
        if (!told_ || stopped) {
            results_[i] = why;
            continue;
        }
        error said = results_[i].error();
        said->attempts = why->attempts;
        results_[i] = std::move(said);
    }
}

} // namespace blobstore::s3
