// SPDX-License-Identifier: Apache-2.0
// Every certificate and handshake that must be refused, through the C interface, blocking and by
// queue: status, cause, hint, and how often it was tried.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

using fakes::leaf_kind;
using fakes::tls_mode;

constexpr unsigned attempts_allowed = 3;

/// What the client is told about itself and the server.
enum class setup {
    plain,
    stranger, // trusts another authority
    untold,   // trusts the system's
    address,
    dotted,
    strict,
    known,  // shows a certificate
    unknown // shows one of another authority
};

struct row {
    const char* name;
    leaf_kind leaf = leaf_kind::good;
    tls_mode mode = tls_mode::on;
    setup how = setup::plain;
    blobstore_status status = BLOBSTORE_OK;
    const char* cause = "";
    const char* hint = "";
    unsigned cuts = 0; // connections closed before the handshake
    unsigned attempts = 1;
};

using enum leaf_kind;
using enum setup;
constexpr auto any = tls_mode::on, v11 = tls_mode::only_1_1, v12 = tls_mode::only_1_2,
               v13 = tls_mode::only_1_3;
constexpr auto refused = BLOBSTORE_E_TLS;
constexpr const char *issuer = "unable to get local issuer", *mismatch = "ostname mismatch",
                     *small = "key too weak";

// clang-format off
constexpr row rows[] = {
    {"good", good, any, plain},
    {"good over 1.2", good, v12, plain},
    {"good over 1.3", good, v13, plain},
    {"good by address", good, any, address},
    {"good with all of its chain", intermediate, any, plain},
    {"good client certificate, 1.2", good, v12, known},
    {"good client certificate, 1.3", good, v13, known},
    {"expired", expired, any, plain, refused, "certificate has expired", "renewed"},
    {"not yet valid", not_yet_valid, any, plain, refused, "certificate is not yet valid", "clock"},
    {"unknown authority", unknown_ca, any, plain, refused, issuer, "ca_file"},
    {"not our authority", good, any, stranger, refused, issuer, "ca_file"},
    {"the system's trust", good, any, untold, refused, "", "ca_file"},
    {"self-signed", self_signed, any, plain, refused, "self-signed certificate", "ca_file"},
    {"wrong name", wrong_name, any, plain, refused, mismatch, "endpoint"},
    {"wildcard and a dotted bucket", good, any, dotted, refused, mismatch, "path_style"},
    {"address without a name", no_address, any, address, refused, "IP address mismatch", "endpoint"},
    {"NUL in a name", nul_in_name, any, plain, refused, mismatch, "endpoint"},
    {"intermediate missing", intermediate_missing, any, plain, refused, issuer, "certificate between"},
    {"TLS 1.1 only", good, v11, plain, refused, "protocol", "TLS 1.2"},
    {"1.2 where 1.3 is asked for", good, v12, strict, refused, "protocol", "tls_min_version"},
    {"RSA of 512 bits", rsa_512, v12, plain, refused, small, "2048"},
    {"RSA of 1024 bits, 1.2", rsa_1024, v12, plain, refused, small, "2048"},
    {"RSA of 1024 bits, 1.3", rsa_1024, v13, plain, refused, small, "2048"},
    {"no client certificate, 1.2", good, v12, plain, refused, "alert", "client_cert"},
    {"no client certificate, 1.3", good, v13, plain, refused, "certificate required", "client_cert"},
    {"wrong client certificate, 1.2", good, v12, unknown, refused, "alert", "client_cert"},
    {"wrong client certificate, 1.3", good, v13, unknown, refused, "alert", "client_cert"},
    {"handshake cut once", good, any, plain, BLOBSTORE_OK, "", "", 1, 2},
    {"handshake always cut", good, any, plain, BLOBSTORE_E_NETWORK, "in the TLS handshake", "",
     fakes::for_ever, attempts_allowed},
};

// clang-format on

bool demands_client(const row& r) {
    return r.how == known || r.how == unknown || std::string_view(r.name).starts_with("no client");
}

settings settings_for(const row& r, const fakes::s3_server& server, const fakes::test_ca& other) {
    const std::string port = std::to_string(server.port());
    std::string endpoint = server.endpoint();
    if (r.how == address) endpoint = "https://127.0.0.1:" + port;
    if (r.how == dotted) endpoint = "https://s3.localhost:" + port;
    settings given{{"max_attempts", std::to_string(attempts_allowed)}};
    if (r.how == stranger)
        given.emplace_back("ca_pem", other.ca_pem());
    else if (r.how != untold)
        given.emplace_back("ca_file", server.ca().ca_file());
    if (r.how == strict) given.emplace_back("tls_min_version", "1.3");
    if (r.how == dotted) {
        given.emplace_back("path_style", "false");
        given.emplace_back("resolve", "a.b.s3.localhost:" + port + ":127.0.0.1");
    }
    if (r.how == known || r.how == unknown) {
        const fakes::key_pair mine =
            server.ca().issue(r.how == known ? client_leaf : unknown_client);
        given.emplace_back("client_cert", mine.certificate_pem);
        given.emplace_back("client_key", mine.key_pem);
    }
    return fake_settings(endpoint, given);
}

struct outcome {
    blobstore_status status = BLOBSTORE_OK;
    std::string message, hint;
    std::uint32_t attempts = 0, flags = 0;
};

outcome outcome_of(blobstore_status status, const blobstore_error* error) {
    outcome o;
    o.status = status;
    if (!error) return o;
    auto view = sized<blobstore_error_view>();
    blobstore_error_get(error, &view);
    o.message.assign(view.message.ptr, view.message.len);
    o.hint.assign(view.hint.ptr, view.hint.len);
    o.attempts = view.attempts;
    o.flags = view.flags;
    return o;
}

outcome blocking(const store_ptr& store) {
    error_slot err;
    const blobstore_status status = get(store, "key", nullptr, err);
    return outcome_of(status, err.get());
}

outcome by_queue(const store_ptr& store) {
    const queue_ptr queue = make_queue();
    auto how = sized<blobstore_async>();
    how.queue = queue.get();
    if (submit_get(store, "key", nullptr, &how, nullptr) != BLOBSTORE_OK) return {};
    blobstore_event event{};
    size_t n = 0;
    EXPECT_EQ(blobstore_queue_poll(queue.get(), &event, 1, 20000, &n), BLOBSTORE_OK);
    if (n != 1) return {};
    const outcome o = outcome_of(event.status, blobstore_op_error(event.op));
    blobstore_events_release(&event, n);
    return o;
}

void expect(const row& r, const outcome& got, const fakes::s3_server& server) {
    EXPECT_EQ(got.status, r.status) << got.message;
    EXPECT_EQ(server.counters().connections, r.attempts);
    if (r.status == BLOBSTORE_OK) return;
    EXPECT_EQ(got.attempts, r.attempts) << got.message;
    EXPECT_NE(got.message.find(r.cause), std::string::npos) << got.message;
    EXPECT_NE(got.hint.find(r.hint), std::string::npos) << got.hint << " / " << got.message;
    EXPECT_EQ((got.flags & BLOBSTORE_ERR_RETRYABLE) != 0, r.attempts > 1) << got.message;
}

TEST(tls, ST09_matrix_of_certificates_and_handshakes) {
    const fakes::test_ca other;
    int cases = 0;
    for (const row& r : rows)
        for (outcome (*call)(const store_ptr&) : {&blocking, &by_queue}) {
            SCOPED_TRACE(std::string(r.name) + (call == &blocking ? ", blocking" : ", by queue"));
            fakes::server_options options;
            options.tls = r.mode;
            options.leaf = r.leaf;
            options.client_certificates = demands_client(r);
            options.buckets = {"bucket", "a.b"};
            fakes::s3_server server(options);
            server.put_object("bucket", "key", "x");
            if (r.cuts > 0) server.on({}, fakes::close_at(fakes::stage::accept), r.cuts);
            const client_ptr client = make_client();
            const store_ptr store = open_store(
                client, r.how == dotted ? "s3://a.b" : "s3://bucket", settings_for(r, server, other)
            );
            expect(r, call(store), server);
            ++cases;
        }
    std::printf("TLS matrix: %d cases\n", cases);
}

/// S3-43: no wildcard covers a bucket with a dot, so such buckets are put into the path.
TEST(tls, S3_43_a_dotted_bucket_works_as_it_comes) {
    fakes::server_options options;
    options.tls = tls_mode::on;
    options.buckets = {"a.b"};
    fakes::s3_server server(options);
    server.put_object("a.b", "key", "dotted");
    const client_ptr client = make_client();
    const store_ptr store = open_store(
        client, "s3://a.b", fake_settings(server.endpoint(), {{"ca_file", server.ca().ca_file()}})
    );
    std::string body;
    EXPECT_EQ(get(store, "key", nullptr, nullptr, &body), BLOBSTORE_OK);
    EXPECT_EQ(body, "dotted");
}

TEST(tls, ST10_connections_resume_also_of_stores_that_trust_alike) {
    for (const tls_mode mode : {tls_mode::only_1_2, tls_mode::only_1_3}) {
        fakes::server_options options;
        options.tls = mode;
        fakes::s3_server server(options);
        server.put_object("bucket", "key", "x");
        fakes::fault last;
        last.connection_close = true;
        server.on({}, last, fakes::for_ever);
        const client_ptr client = make_client();
        const store_ptr first = open_fake(client, server), second = open_fake(client, server);
        const client_ptr stranger = make_client();
        const store_ptr third = open_fake(stranger, server);
        for (int i = 0; i < 5; ++i)
            for (const store_ptr* store : {&first, &second})
                EXPECT_EQ(get(*store, "key"), BLOBSTORE_OK);
        EXPECT_EQ(server.counters().handshakes - server.counters().resumed, 1U);
        EXPECT_GE(server.counters().resumed, 9U);
        EXPECT_EQ(get(third, "key"), BLOBSTORE_OK);
        EXPECT_EQ(server.counters().handshakes - server.counters().resumed, 2U);
    }
}

} // namespace
} // namespace blobstore::capi_tests
