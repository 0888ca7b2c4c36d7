// SPDX-License-Identifier: Apache-2.0
// One case: a fresh client and store, the fault, the call, the oracles, the next call.
#include "faults/lane.h"

#include <algorithm>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace blobstore::fault_tests {

namespace {

using capi_tests::client_ptr;
using capi_tests::store_ptr;
using std::chrono::milliseconds;

constexpr milliseconds grace{250}, cancel_grace{100}; // O2
constexpr milliseconds before_cancel{40};
const std::string bucket = "bucket", spare = "spare";
const std::vector<std::string> all_keys{"key", "m0", "m1", "m2", "target"};

fakes::server_options options_with(std::shared_ptr<const fakes::test_ca> ca, bool tls) {
    fakes::server_options out;
    out.ca = std::move(ca);
    out.tls = tls ? fakes::tls_mode::on : fakes::tls_mode::off;
    return out;
}

blobstore_call limits(milliseconds time, unsigned attempts) {
    auto call = capi_tests::sized<blobstore_call>();
    call.timeout_ms = time.count();
    call.max_attempts = attempts;
    return call;
}

// Conditions are sent although nobody has proven that the fake enforces them.
const capi_tests::settings trusting{
    {"trust_conditions", "true"}, {"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}};

// Over connections of its own, past every relay: a new one of the call's own stays new.
void prepare(const operation_row& op, setting_of_call& with, const fakes::s3_server& at) {
    const client_ptr client = at.endpoint().starts_with("https")
                                  ? capi_tests::make_client({{"ca_file", at.ca().ca_file()}})
                                  : capi_tests::make_client();
    const store_ptr straight = capi_tests::open_store(
        client, "s3://bucket", capi_tests::fake_settings(at.endpoint(), trusting)
    );
    const store_ptr beside =
        capi_tests::open_store(client, "s3://spare", capi_tests::fake_settings(at.endpoint()));
    setting_of_call before = with;
    before.store = straight.get();
    before.spare = beside.get();
    op.prepare(before);
    with.token = before.token;
}

bool one_bit_differs(const std::string& a, const std::string& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.size() && a.size() == b.size(); ++i)
        bits += __builtin_popcount(static_cast<unsigned char>(a[i] ^ b[i]));
    return a.size() == b.size() && bits == 1;
}

// Whole objects, whose checksum the server tells.
bool verified(const operation_row& op) {
    return op.does == effect::reads && &op.wanted() == &content::whole();
}

// Whether a read that succeeded brought what was asked for; "" if so.
std::string check_read(const fault_case& now, const outcome& out, bool& undetectable) {
    const std::string& wanted = now.op->wanted();
    std::string wrong;
    if (now.op->does == effect::lists && out.keys != all_keys)
        wrong = "O1: success with " + std::to_string(out.keys.size()) + " keys that are not those";
    if (now.op->does == effect::reads && out.body.value_or("") != wanted)
        wrong = "O1: success with " + std::to_string(out.body.value_or("").size()) +
                " bytes that are not the object's " + std::to_string(wanted.size());
    const bool writes = now.op->does == effect::writes || now.op->does == effect::brings_back;
    if (wrong.empty() && out.size && *out.size != (writes ? wanted : content::whole()).size())
        wrong = "O1: success with size " + std::to_string(*out.size);
    if (wrong.empty() || !now.fault.unseen) return wrong;
    const bool believable = now.op->does != effect::reads ||
                            one_bit_differs(out.body.value_or(""), wanted) ||
                            wanted.starts_with(out.body.value_or("?"));
    undetectable = believable && !verified(*now.op);
    return undetectable ? "" : wrong;
}

std::string check_state(const outcome& out, bool applied, bool untouched, const std::string& what) {
    const bool unknown = out.flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN;
    if (!applied && !untouched) return "O1: " + what + " is neither as before nor as asked";
    if (out.status == BLOBSTORE_OK)
        return applied ? "" : "O1: success, but " + what + " is as before";
    if (!unknown && !untouched) return "O4: failed without doubt, but " + what + " was changed";
    return "";
}

// What the server holds against what the call said.
std::string check_store(const fault_case& now, const outcome& out, fakes::s3_server& at) {
    const auto target = at.object_data(bucket, "target");
    const bool there = at.service().buckets().exists(spare);
    const fakes::versioning kept = at.service().versions_of(spare);
    if (now.op->does == effect::brings_back)
        return check_state(out, target == content::old(), !target, "the object");
    if (now.op->does == effect::makes_bucket) return check_state(out, there, !there, "the bucket");
    if (now.op->does == effect::removes_bucket)
        return check_state(out, !there, there, "the bucket");
    if (now.op->does == effect::turns_versions)
        return check_state(
            out,
            kept == fakes::versioning::on,
            kept == fakes::versioning::never,
            "what is kept of versions"
        );
    if (now.op->does == effect::writes)
        return check_state(out, target == now.op->wanted(), target == content::old(), "the object");
    if (now.op->does == effect::removes)
        return check_state(out, !target, target == content::old(), "the object");
    if (now.op->does == effect::beside && target != content::old())
        return "O1: the object was changed";
    if (now.op->does != effect::removes_many) return "";
    for (std::size_t i = 0; i < 3; ++i) {
        const auto key = "m" + std::to_string(i);
        const auto data = at.object_data(bucket, key);
        outcome one = out;
        one.status = out.results.at(i);
        const auto wrong = check_state(one, !data, data == content::old(), key);
        if (!wrong.empty()) return wrong;
    }
    return "";
}

std::string describe(const outcome& out) {
    return std::string(" [") + blobstore_status_name(out.status) + ", " +
           std::to_string(out.attempts) + " attempts, flags " + std::to_string(out.flags) + ": " +
           out.message + "]";
}

std::string check_error(const outcome& out) {
    if (out.status == BLOBSTORE_OK) return "";
    const bool callers = out.status < 200 && out.status != BLOBSTORE_E_UNSUPPORTED &&
                         out.status != BLOBSTORE_E_CONFIG;
    if (callers || out.status == BLOBSTORE_E_INTERNAL || out.message.empty())
        return "the error is not specific";
    return "";
}

} // namespace

std::string fault_case::name() const {
    return std::string(op->name) + "/" + fault.name +
           (cancel   ? "/cancel"
            : always ? "/always"
                     : "/once") +
           (tls ? "/tls" : "/plain") + (warm ? "/warm" : "/cold");
}

lane::lane(std::shared_ptr<const fakes::test_ca> ca)
    : ca_{std::move(ca)}
    , plain_{options_with(ca_, false)}
    , secure_{options_with(ca_, true)}
    , source_{options_with(ca_, false)}
    , plain_relay_{plain_.port()}
    , secure_relay_{secure_.port()} {
    source_.put_object(bucket, "source", content::foreign());
}

void lane::reset(fakes::s3_server& at) {
    at.service().uploads().with([](auto& uploads) { uploads.clear(); });
    for (const auto& each : {bucket, spare}) {
        at.service().buckets().create(each);
        at.service().buckets().with(each, [](auto* objects) { objects->clear(); });
        at.service().forget_versions(each);
    }
    for (const auto& key : all_keys)
        at.put_object(bucket, key, key == "key" ? content::whole() : content::old());
}

std::string lane::endpoint(const fault_case& now) const {
    auto port = now.tls ? secure_.port() : plain_.port();
    if (now.fault.where == place::relay)
        port = now.tls ? secure_relay_.port() : plain_relay_.port();
    if (now.fault.where == place::refused) port = refused_.port();
    if (now.fault.where == place::blackhole) port = blackhole_.port();
    return (now.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port);
}

// Whether the fault has happened; one behind the last byte never does.
bool lane::met(const fault_case& now) {
    if (now.fault.where == place::script) return server(now.tls).hits(rule_) > 0;
    if (now.fault.where != place::relay) return true;
    return (now.tls ? secure_relay_ : plain_relay_).hits() > 0;
}

void lane::arm(const fault_case& now, fakes::s3_server& at) {
    const unsigned times = now.always ? fakes::for_ever : 1;
    if (now.fault.where == place::script) rule_ = at.on({}, now.fault.what, times);
    if (now.fault.clock.count() != 0) at.service().set_clock(std::nullopt, now.fault.clock);
    relay_fault wire = now.fault.wire;
    wire.times = times;
    if (now.fault.where == place::relay) (now.tls ? secure_relay_ : plain_relay_).harm_with(wire);
}

void lane::disarm(fakes::s3_server& at) {
    at.clear_faults();
    at.service().set_clock(std::nullopt, std::chrono::seconds(0));
    plain_relay_.harm_with({});
    secure_relay_.harm_with({});
}

// Every connection has ended, and with it what a request may still do: also of those that were not
// accepted yet when their client left, which one that comes behind them shows.
bool lane::quiet(const fakes::s3_server& at) const {
    const int last = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(at.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(last, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        static constexpr char words[] = "neither HTTP nor TLS\r\n\r\n";
        ::send(last, words, sizeof words - 1, MSG_NOSIGNAL);
        char answer[1024];
        while (::recv(last, answer, sizeof answer, 0) > 0) {
        }
    }
    ::close(last);
    for (int i = 0; i < 5000; ++i) {
        if (at.counters().open_now == 0) return true;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
}

struct lane::end_of_call {
    outcome out;
    milliseconds took{0};
    std::vector<fakes::logged_request> seen;
    bool met = false;
};

// Oracle by oracle.
void lane::judge(
    const fault_case& now, const end_of_call& done, fakes::s3_server& at, finding& found
) {
    const auto say = [&](const std::string& wrong) {
        if (!wrong.empty()) found.wrong = wrong + describe(done.out);
    };
    if (done.out.status == BLOBSTORE_OK) say(check_read(now, done.out, found.undetectable));
    say(check_store(now, done.out, at));
    say(check_error(done.out));
    if (now.op->does == effect::reads && !done.out.keys.empty()) say(done.out.keys.front());
    // What comes once may be offered again as long as no byte of it was taken.
    const bool repeats = now.op->replayable || !now.warm;
    const std::size_t most =
        repeats ? (now.fault.attempts + (now.warm ? 1 : 0)) * now.op->requests : 1;
    const auto bodies = std::count_if(done.seen.begin(), done.seen.end(), [](const auto& request) {
        return request.body_bytes > 0;
    });
    if (!now.op->replayable && bodies > 1) say("O3: the body was sent twice");
    const std::string sent = "O3: " + std::to_string(done.seen.size()) + " requests were sent";
    const std::size_t tries = now.fault.attempts + (now.warm ? 1U : 0U);
    if (done.out.attempts > tries * now.op->requests) say(sent);
    // Under load one of the call before, which gave it up, may be seen late.
    if (done.seen.size() > most) found.slow = sent + describe(done.out);
    const bool spoilt = now.fault.what.corrupt_byte && verified(*now.op) && done.met && !now.cancel;
    if (spoilt && done.out.status != BLOBSTORE_E_CHECKSUM)
        found.slow = "the checksum does not fit" + describe(done.out);
    if (now.fault.hopeless && now.always && done.met && done.out.status == BLOBSTORE_OK)
        say("success is impossible");
    const bool must_work =
        now.fault.harmless || (!now.always && now.fault.recovers && now.op->replayable);
    if (must_work && done.out.status != BLOBSTORE_OK)
        found.slow = "it could have succeeded" + describe(done.out);
    // Under load the answer may come too late, and so may a cancel come before it: then doubt is
    // right.
    const bool doubts = done.out.flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN;
    if (now.fault.definite && !now.cancel && doubts)
        found.slow = "O4: doubt is reported where nothing can have been done" + describe(done.out);
    if (now.cancel && done.met && done.out.status != BLOBSTORE_E_CANCELLED)
        found.slow = "it was cancelled" + describe(done.out);
    if (now.cancel && done.took > before_cancel + cancel_grace)
        found.slow = "O2: the cancel took until " + std::to_string(done.took.count()) + " ms";
    if (done.took > now.fault.time + grace)
        found.slow = "O2: it took " + std::to_string(done.took.count()) + " of " +
                     std::to_string(now.fault.time.count()) + " ms" + describe(done.out);
}

finding lane::run(const fault_case& now) {
    fakes::s3_server& at = server(now.tls);
    finding found;
    disarm(at);
    reset(at);
    const bool dead = now.fault.where == place::refused || now.fault.where == place::blackhole;
    end_of_call done;
    {
        const client_ptr client = capi_tests::make_client(
            {{"connect_timeout", "150ms"},
             {"handshake_timeout", "300ms"},
             {"first_byte_timeout", "150ms"},
             {"stall_timeout", "350ms"},
             {"expect_continue_size", now.warm ? "0" : "1MiB"},
             {"ca_file", ca_->ca_file()}}
        );
        const store_ptr store = capi_tests::open_store(
            client, "s3://bucket", capi_tests::fake_settings(endpoint(now), trusting)
        );
        const store_ptr beside = capi_tests::open_store(
            client, "s3://spare", capi_tests::fake_settings(endpoint(now), trusting)
        );
        const store_ptr other = capi_tests::open_store(
            client, "s3://bucket", capi_tests::fake_settings(source_.endpoint())
        );
        setting_of_call with{
            store.get(), other.get(), limits(milliseconds(3000), 5), false, {}, {}, beside.get()};
        with.folder = folder_.path();
        const operation_row& control = operations()[0];
        if (now.op->prepare) prepare(*now.op, with, at);
        if (now.warm && !dead) control.run(with);
        at.clear_log();
        arm(now, at);
        with.call = limits(now.fault.time, now.fault.attempts);
        with.async = now.warm;
        const auto token = capi_tests::make_cancel();
        std::thread canceller;
        const auto from = capi_tests::steady::now();
        if (now.cancel) {
            with.call.cancel = token.get();
            canceller = std::thread([&] {
                std::this_thread::sleep_until(from + before_cancel);
                blobstore_cancel_trigger(token.get());
            });
        }
        done.out = now.op->run(with);
        done.took = capi_tests::since(from);
        if (now.cancel) canceller.join();
        with.call.cancel = nullptr;
        done.seen = at.log();
        done.met = met(now);
        disarm(at);
        at.clear_log();
        with.call = limits(milliseconds(3000), 5);
        with.async = false;
        const outcome next = dead ? outcome{} : control.run(with);
        if (!dead && (next.status != BLOBSTORE_OK || next.body != content::whole()))
            (next.status == BLOBSTORE_OK ? found.wrong : found.slow) =
                "the call behind it is wrong too" + describe(next);
        const auto after = at.log();
        if (now.fault.left_over && now.op->requests == 1 && !done.seen.empty() && !after.empty() &&
            done.seen.back().connection == after.back().connection)
            found.wrong = "a connection with bytes left over was used again";
    }
    if (!quiet(at)) found.slow = "O6: a connection stays open without its client";
    judge(now, done, at, found);
    return found;
}

} // namespace blobstore::fault_tests
