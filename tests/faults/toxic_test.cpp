// SPDX-License-Identifier: Apache-2.0
// Behind a toxiproxy that resets every connection: each call ends in an error within its attempts.
#include "faults/operations.h"
#include "support/temp_folder.h"

#include <cstdlib>

namespace blobstore::fault_tests {
namespace {

using namespace capi_tests;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

TEST(toxic, every_call_ends_within_its_attempts_where_all_connections_are_reset) {
    const std::string url = variable("BLOBSTORE_TEST_TOXIC_RESET_ALL_URL");
    if (url.empty()) GTEST_SKIP() << "toxiproxy is not there; scripts/install_servers.sh toxiproxy";
    const blobstore_tests::temp_folder folder;
    constexpr unsigned attempts = 3;
    for (const operation_row& op : operations())
        for (const bool async : {false, true}) {
            const client_ptr client = make_client(
                {{"access_key_id", variable("BLOBSTORE_TEST_ACCESS_KEY_ID")},
                 {"secret_access_key", variable("BLOBSTORE_TEST_SECRET_ACCESS_KEY")}}
            );
            const store_ptr store = open_store(client, url, {{"trust_conditions", "true"}});
            // What is reset may have been applied: the bucket of the other tests is not for that.
            std::string beside = url;
            beside.replace(beside.find("s3://test?"), 10, "s3://toxic-spare?");
            const store_ptr spare = open_store(client, beside, {{"trust_conditions", "true"}});
            const store_ptr other = open_store(client, "memory://other");
            setting_of_call with{store.get(), other.get(), {}, async, folder.path(), {}};
            with.call = sized<blobstore_call>();
            with.call.max_attempts = attempts;
            with.call.timeout_ms = 10000;
            const std::string& foreign = content::foreign();
            EXPECT_EQ(put(other, "source", foreign), BLOBSTORE_OK);
            if (op.prepare) { // a token of any store says which upload it is about
                setting_of_call before = with;
                before.store = other.get();
                op.prepare(before);
                with.token = before.token;
            }
            with.spare = spare.get();
            const auto from = steady::now();
            const outcome out = op.run(with);
            EXPECT_LT(since(from), milliseconds(10250)) << op.name;
            EXPECT_TRUE(out.status == BLOBSTORE_E_NETWORK || out.status == BLOBSTORE_E_CONNECT)
                << op.name << ": " << blobstore_status_name(out.status) << " " << out.message;
            EXPECT_EQ(out.attempts, attempts) << op.name << ": " << out.message;
        }
}

} // namespace
} // namespace blobstore::fault_tests
