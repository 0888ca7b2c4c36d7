// SPDX-License-Identifier: Apache-2.0
// Credential sources: what each finds, in which order a chain asks, what it says, and that a
// refused value is not given again.
#include "async/context.h"
#include "auth/source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

constexpr std::string_view told_to_none = "a secret that no freed memory may hold";
std::atomic<bool> watching{false};
std::atomic<int> freed_with_it{0};

void look_and_free(void* at) noexcept {
    const bool look = at && watching;
    const std::string_view all(static_cast<const char*>(at), look ? ::malloc_usable_size(at) : 0);
    if (all.find(told_to_none) != all.npos) ++freed_with_it;
    std::free(at);
}

} // namespace

void* operator new(std::size_t size) {
    void* const made = std::malloc(size);
    if (!made) throw std::bad_alloc();
    return made;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { // else a sanitizer's own
    return std::malloc(size);
}

void operator delete(void* at) noexcept {
    look_and_free(at);
}

void operator delete(void* at, std::size_t) noexcept {
    look_and_free(at);
}

namespace blobstore {
namespace {

struct plain_operation final : operation {};

struct asked {
    result<found_credentials> found = error();
    const credential_answer* answer = nullptr; ///< of `found`
    std::vector<std::string> trace;
};

asked ask(
    const credential_source& source,
    const std::map<std::string, std::string>& environment = {},
    const aws_credentials* refused = nullptr
) {
    asked out;
    host machine;
    machine.environment = environment;
    const credential_request request{&machine, refused, &out.trace};
    const auto op = std::make_shared<plain_operation>();
    op->body = [&](operation& o) -> task<result<void>> {
        out.found = co_await source(o, request);
        if (out.found) out.answer = out.found->get();
        co_return result<void>();
    };
    context on;
    on.run_blocking(op);
    for (const std::string& line : out.trace)
        EXPECT_EQ(line.find("hidden"), std::string::npos) << line;
    return out;
}

const std::map<std::string, std::string> full{
    {"AWS_ACCESS_KEY_ID", "AKID"},
    {"AWS_SECRET_ACCESS_KEY", "hidden"},
    {"AWS_SESSION_TOKEN", "hidden-token"}};

const aws_credentials own{"MINE", secret_string("hidden-too"), {}};

TEST(source, environment) {
    const asked found = ask(environment_credentials(), full);
    ASSERT_TRUE(found.found);
    EXPECT_EQ(found.answer->value->access_key_id, "AKID");
    EXPECT_EQ(found.answer->value->secret_access_key.reveal(), "hidden");
    EXPECT_EQ(found.answer->value->session_token.reveal(), "hidden-token");
    EXPECT_EQ(found.answer->identity, "environment");
    EXPECT_FALSE(found.answer->expires_ns);
    for (const char* missing : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) {
        auto half = full;
        half.erase(missing);
        EXPECT_EQ(ask(environment_credentials(), half).found.error().code(), errc::credentials);
    }
}

TEST(source, CR10_environment_leaves_no_copy_in_freed_memory) {
    host machine;
    machine.environment = full;
    machine.environment["AWS_SECRET_ACCESS_KEY"] = told_to_none;
    machine.environment["AWS_SESSION_TOKEN"] = told_to_none;
    const auto op = std::make_shared<plain_operation>();
    op->body = [&](operation& o) -> task<result<void>> {
        const credential_request request{&machine, nullptr, nullptr};
        watching = true;
        {
            const auto found = co_await environment_credentials()(o, request);
            EXPECT_TRUE(found);
        }
        watching = false;
        co_return result<void>();
    };
    context on;
    on.run_blocking(op);
    EXPECT_EQ(freed_with_it, 0);
    watching = true;
    delete new std::string(told_to_none);
    watching = false;
    EXPECT_EQ(freed_with_it, 1) << "it sees what is not wiped";
}

TEST(source, the_first_of_a_chain_that_has_some) {
    const credential_source chain =
        first_of({environment_credentials(), fixed_credentials(own, "explicit settings")});
    EXPECT_EQ(ask(chain, full).answer->value->access_key_id, "AKID");
    const asked second = ask(chain);
    EXPECT_EQ(second.answer->value->access_key_id, "MINE");
    EXPECT_EQ(second.answer->identity, "explicit settings");
    EXPECT_EQ(second.trace.size(), 2U) << "one line per step";
    const asked none = ask(first_of({environment_credentials()}));
    EXPECT_EQ(none.found.error().code(), errc::credentials);
    EXPECT_NE(none.found.error().message().find("AWS_ACCESS_KEY_ID"), std::string::npos);
    EXPECT_FALSE(none.found.error()->hint.empty());
}

TEST(source, another_error_ends_the_chain) {
    const credential_source broken =
        [](operation&, const credential_request&) -> task<result<found_credentials>> {
        co_return error(errc::timeout, "too slow");
    };
    const credential_source chain = first_of({broken, fixed_credentials(own, "explicit")});
    EXPECT_EQ(ask(chain).found.error().code(), errc::timeout);
}

TEST(source, anonymous_is_success_without_a_value) {
    const asked found = ask(anonymous_credentials(), full);
    ASSERT_TRUE(found.found);
    EXPECT_FALSE(found.answer->value);
}

TEST(source, a_refused_value_is_not_given_again) {
    const aws_credentials from_environment{
        "AKID", secret_string("hidden"), secret_string("hidden-token")};
    EXPECT_EQ(
        ask(environment_credentials(), full, &from_environment).found.error().code(),
        errc::credentials
    );
    EXPECT_EQ(ask(fixed_credentials(own, "x"), {}, &own).found.error().code(), errc::credentials);
    EXPECT_TRUE(ask(environment_credentials(), full, &own).found) << "another one was refused";
    const credential_source chain =
        first_of({environment_credentials(), fixed_credentials(own, "x")});
    EXPECT_EQ(ask(chain, full, &from_environment).answer->value->access_key_id, "MINE");
}

} // namespace
} // namespace blobstore
