// SPDX-License-Identifier: Apache-2.0
// Credential sources that need no service, and their chain.
#include "auth/source.h"

namespace blobstore {

namespace {

void note(const credential_request& asked, std::string_view who, std::string_view what) {
    if (asked.trace) asked.trace->push_back(std::string(who).append(": ").append(what));
}

task<result<found_credentials>>
answer_fixed(operation&, const credential_request& asked, const found_credentials& answer) {
    if (asked.refused && answer->value && *answer->value == *asked.refused) {
        note(asked, answer->identity, "refused by the service");
        co_return error(errc::credentials, answer->identity + ": refused by the service");
    }
    note(asked, answer->identity, "found");
    co_return answer;
}

credential_source always(credential_answer answer) {
    return [kept = std::make_shared<const credential_answer>(std::move(answer))](
               operation& op, const credential_request& asked
           ) { return answer_fixed(op, asked, kept); };
}

task<result<found_credentials>> answer_environment(operation&, const credential_request& asked) {
    auto variable = [&](const char* name) -> std::string_view { // no copy that nobody wipes
        auto found = asked.machine->environment.find(name);
        return found == asked.machine->environment.end() ? std::string_view() : found->second;
    };
    credential_answer answer;
    answer.identity = "environment";
    aws_credentials keys{
        std::string(variable("AWS_ACCESS_KEY_ID")),
        secret_string(variable("AWS_SECRET_ACCESS_KEY")),
        secret_string(variable("AWS_SESSION_TOKEN"))};
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
        note(
            asked, answer.identity, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"
        );
        co_return error(
            errc::credentials, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"
        );
    }
    if (asked.refused && keys == *asked.refused) {
        note(asked, answer.identity, "refused by the service");
        co_return error(errc::credentials, "the keys of the environment were refused");
    }
    note(asked, answer.identity, "found");
    answer.value = std::move(keys);
    co_return std::make_shared<const credential_answer>(std::move(answer));
}

task<result<found_credentials>> answer_first(
    operation& op, const credential_request& asked, const std::vector<credential_source>& sources
) {
    std::string tried;
    for (const credential_source& source : sources) {
        result<found_credentials> answer = co_await source(op, asked);
        if (answer || answer.error().code() != errc::credentials) co_return answer;
        tried += (tried.empty() ? "" : "; ") + answer.error().message();
    }
    error none(errc::credentials, "no credentials found: " + tried);
    none->hint =
        "set access_key_id and secret_access_key, or skip_signature=true for anonymous access";
    co_return none;
}

} // namespace

credential_source fixed_credentials(aws_credentials value, std::string identity) {
    credential_answer answer;
    answer.value = std::move(value);
    answer.identity = std::move(identity);
    return always(std::move(answer));
}

credential_source anonymous_credentials() {
    credential_answer answer;
    answer.identity = "anonymous";
    return always(std::move(answer));
}

credential_source environment_credentials() {
    return [](operation& op, const credential_request& asked) {
        return answer_environment(op, asked);
    };
}

credential_source first_of(std::vector<credential_source> sources) {
    return [sources = std::move(sources)](operation& op, const credential_request& asked) {
        return answer_first(op, asked, sources);
    };
}

} // namespace blobstore
