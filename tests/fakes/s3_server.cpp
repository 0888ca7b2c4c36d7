// SPDX-License-Identifier: Apache-2.0
// The fake's listener, its connection threads, its request log and its end.
#include "fakes/s3_server.h"

#include "fakes/connection.h"
#include "fakes/digests.h"
#include "fakes/text_forms.h"
#include "fakes/wire.h"

#include <boost/asio/ip/address_v4.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

namespace blobstore::fakes {

namespace net = boost::asio;
using tcp = net::ip::tcp;

namespace {

std::shared_ptr<net::ssl::context> make_context(const key_pair& identity, tls_mode mode) {
    auto context = std::make_shared<net::ssl::context>(net::ssl::context::tls_server);
    auto* handle = context->native_handle();
    int lowest = TLS1_2_VERSION;
    int highest = 0;
    SSL_CTX_set_security_level(handle, 0); // it shows weak certificates too
    if (mode == tls_mode::only_1_1) {
        SSL_CTX_set_cipher_list(handle, "ALL:@SECLEVEL=0");
        lowest = TLS1_1_VERSION;
        highest = TLS1_1_VERSION;
    } else if (mode == tls_mode::only_1_2) {
        highest = TLS1_2_VERSION;
    } else if (mode == tls_mode::only_1_3) {
        lowest = TLS1_3_VERSION;
    }
    SSL_CTX_set_min_proto_version(handle, lowest);
    SSL_CTX_set_max_proto_version(handle, highest);
    static constexpr unsigned char session_name[] = "fake-s3";
    SSL_CTX_set_session_id_context(handle, session_name, sizeof session_name - 1);
    const auto& certificate = identity.certificate_pem;
    context->use_certificate_chain(net::buffer(certificate));
    context->use_private_key(net::buffer(identity.key_pem), net::ssl::context::pem);
    return context;
}

} // namespace

class s3_server::core : public request_observer {
public:
    explicit core(server_options options)
        : options_{std::move(options)}
        , service_{options_.service}
        , acceptor_{context_} {
        if (!options_.ca) options_.ca = std::make_shared<const test_ca>();
        if (options_.tls != tls_mode::off) change_certificate(options_.leaf);
        for (const auto& bucket : options_.buckets)
            service_.buckets().create(bucket);
        const tcp::endpoint where{net::ip::address_v4::loopback(), options_.port};
        acceptor_.open(where.protocol());
        acceptor_.set_option(net::socket_base::reuse_address{true});
        acceptor_.bind(where);
        acceptor_.listen(1024);
        port_ = acceptor_.local_endpoint().port();
        listener_ = std::thread{[this] { listen(); }};
    }

    ~core() override {
        stop_.raise();
        stop_listening();
        {
            const std::lock_guard lock{connections_mutex_};
            for (const auto& [number, descriptor] : descriptors_)
                ::shutdown(descriptor, SHUT_RDWR);
        }
        listener_.join();
        // Nobody adds threads now; those that are left end because of the stop signal.
        for (auto& [number, thread] : threads_)
            thread.join();
    }

    void stop_listening() {
        // Shutting a listening socket down wakes accept(); the listener's thread closes it.
        listening_.store(false);
        const std::lock_guard lock{listener_mutex_};
        if (acceptor_.is_open()) ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    }

    void drop_connections() {
        const std::lock_guard lock{connections_mutex_};
        for (const auto& [number, descriptor] : descriptors_)
            ::shutdown(descriptor, SHUT_RDWR);
    }

    void change_certificate(leaf_kind leaf) {
        std::string names;
        for (const auto& bucket : options_.buckets) {
            if (bucket.find('.') != std::string::npos) continue;
            names.append(names.empty() ? "" : ",").append("DNS:").append(bucket + ".localhost");
            for (const auto& endpoint : options_.service.endpoints)
                if (endpoint.ends_with(".com")) names.append(",DNS:" + bucket + "." + endpoint);
        }
        auto fresh = make_context(options_.ca->issue(leaf, names), options_.tls);
        if (options_.client_certificates) {
            fresh->load_verify_file(options_.ca->ca_file());
            fresh->set_verify_mode(net::ssl::verify_peer | net::ssl::verify_fail_if_no_peer_cert);
        }
        const std::lock_guard lock{connections_mutex_};
        tls_ = std::move(fresh);
    }

    std::uint64_t began(unsigned connection, const request& head, const route& where) override {
        logged_request entry;
        entry.connection = connection;
        entry.method = head.method;
        entry.target = head.target;
        entry.headers = head.headers;
        entry.authorization = header_or(head.headers, "authorization", "");
        entry.bucket = where.bucket;
        entry.key = where.key;
        entry.at = std::chrono::steady_clock::now();
        const std::lock_guard lock{log_mutex_};
        log_.push_back(std::move(entry));
        if (log_.size() > options_.log_limit) {
            log_.pop_front();
            ++log_start_;
        }
        ++counters_.requests;
        log_changed_.notify_all();
        return log_start_ + log_.size() - 1;
    }

    void answering(std::uint64_t ticket, std::uint64_t body_bytes, const reply& answer) override {
        const std::lock_guard lock{log_mutex_};
        auto* entry = find(ticket);
        if (entry == nullptr) return;
        entry->body_bytes = body_bytes;
        entry->status = answer.status;
        entry->error_code = answer.error_code;
    }

    void ended(
        std::uint64_t ticket, std::uint64_t body_bytes, std::uint64_t answer_bytes, bool complete
    ) override {
        const std::lock_guard lock{log_mutex_};
        if (complete) ++counters_.answers;
        auto* entry = find(ticket);
        if (entry == nullptr) return;
        entry->body_bytes = body_bytes;
        entry->answer_bytes = answer_bytes;
    }

    std::vector<logged_request> log() const {
        const std::lock_guard lock{log_mutex_};
        return {log_.begin(), log_.end()};
    }

    void clear_log() {
        const std::lock_guard lock{log_mutex_};
        log_start_ += log_.size();
        log_.clear();
    }

    server_counters counters() const {
        const std::lock_guard lock{log_mutex_};
        return counters_;
    }

    bool wait_until(
        std::uint64_t server_counters::*counter, std::uint64_t count, std::chrono::milliseconds time
    ) const {
        std::unique_lock lock{log_mutex_};
        return log_changed_.wait_for(lock, time, [&] { return counters_.*counter >= count; });
    }

    std::uint16_t port() const { return port_; }

    const server_options& options() const { return options_; }

    s3_service& service() { return service_; }

    fault_script& script() { return script_; }

private:
    logged_request* find(std::uint64_t ticket) {
        const bool kept = ticket >= log_start_ && ticket - log_start_ < log_.size();
        return kept ? &log_[static_cast<std::size_t>(ticket - log_start_)] : nullptr;
    }

    void listen() {
        unsigned number = 0;
        while (listening_.load()) {
            boost::system::error_code error;
            tcp::socket socket{context_};
            acceptor_.accept(socket, error);
            if (!listening_.load()) break;
            if (error) {
                // Out of descriptors, or the peer left before it was accepted.
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
                continue;
            }
            reap();
            start(++number, std::move(socket));
        }
        const std::lock_guard lock{listener_mutex_};
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    void start(unsigned number, tcp::socket socket) {
        count(&server_counters::connections);
        const std::lock_guard lock{connections_mutex_};
        if (stop_.raised()) return;
        descriptors_.emplace(number, socket.native_handle());
        threads_.emplace(number, std::thread{[this, number, held = std::move(socket)]() mutable {
                             serve(number, std::move(held));
                         }});
    }

    void serve(unsigned number, tcp::socket socket) {
        // A descriptor of its own stays open until it is off the list, so that nobody shuts down a
        // number that the system has given to another socket meanwhile.
        const int kept = ::dup(socket.native_handle());
        {
            const std::lock_guard lock{connections_mutex_};
            descriptors_[number] = kept;
        }
        try {
            wire stream{std::move(socket), stop_};
            if (open(stream)) connection{stream, number, service_, script_, *this}.run();
            stream.close();
        } catch (const std::exception&) {
            // The peer sees the connection end; the log shows a request without status.
        }
        count(nullptr);
        const std::lock_guard lock{connections_mutex_};
        descriptors_.erase(number);
        ::close(kept);
        finished_.push_back(number);
    }

    // What the script does to connections, then TLS.
    bool open(wire& stream) {
        if (const auto what = script_.take_for_connection()) {
            const bool for_good = what->duration.count() == 0;
            if (what->what == event::reset) stream.reset();
            if (what->what == event::close) stream.finish(false);
            if (what->what == event::half_close) stream.half_close();
            if (what->what != event::stall) return false;
            if (stream.wait(what->duration, for_good) != wait_end::time_over) return false;
        }
        std::shared_ptr<net::ssl::context> tls;
        {
            const std::lock_guard lock{connections_mutex_};
            tls = tls_;
        }
        if (!tls) return true;
        if (!stream.handshake(*tls)) return false;
        count(&server_counters::handshakes);
        if (stream.resumed()) count(&server_counters::resumed);
        return true;
    }

    void count(std::uint64_t server_counters::*counter) {
        const std::lock_guard lock{log_mutex_};
        if (counter == nullptr) {
            --counters_.open_now;
        } else {
            ++(counters_.*counter);
            if (counter == &server_counters::connections) ++counters_.open_now;
        }
        log_changed_.notify_all();
    }

    void reap() {
        std::vector<std::thread> done;
        {
            const std::lock_guard lock{connections_mutex_};
            for (const auto number : finished_) {
                done.push_back(std::move(threads_.at(number)));
                threads_.erase(number);
            }
            finished_.clear();
        }
        for (auto& thread : done)
            thread.join();
    }

    server_options options_;
    s3_service service_;
    fault_script script_;
    stop_signal stop_;
    net::io_context context_;
    std::mutex listener_mutex_; // the acceptor's closing
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::atomic<bool> listening_{true};

    std::mutex connections_mutex_; // the four below
    std::unordered_map<unsigned, int> descriptors_;
    std::unordered_map<unsigned, std::thread> threads_;
    std::vector<unsigned> finished_;
    std::shared_ptr<net::ssl::context> tls_;

    mutable std::mutex log_mutex_; // the three below
    mutable std::condition_variable log_changed_;
    std::deque<logged_request> log_;
    std::uint64_t log_start_ = 0;
    server_counters counters_;

    std::thread listener_;
};

s3_server::s3_server(server_options options)
    : core_{std::make_unique<core>(std::move(options))} {
}

s3_server::~s3_server() = default;

std::uint16_t s3_server::port() const {
    return core_->port();
}

std::string s3_server::endpoint() const {
    const bool tls = core_->options().tls != tls_mode::off;
    return (tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port());
}

const test_ca& s3_server::ca() const {
    return *core_->options().ca;
}

std::size_t s3_server::on(match which, fault what, unsigned times) {
    return core_->script().add(std::move(which), std::move(what), times);
}

unsigned s3_server::hits(std::size_t rule) const {
    return core_->script().hits(rule);
}

void s3_server::clear_faults() {
    core_->script().clear();
}

s3_service& s3_server::service() {
    return core_->service();
}

void s3_server::put_object(
    const std::string& bucket, const std::string& key, const std::string& data
) {
    put_object(bucket, key, object_bytes(data));
}

void s3_server::put_object(
    const std::string& bucket, const std::string& key, const object_bytes& data
) {
    auto object = std::make_shared<stored_object>();
    object->data = data;
    object->etag = "\"" + to_hex(md5(object->data.pieces())) + "\"";
    add_default_checksum(object->checksums, object->data);
    object->modified = service().now();
    object->system.emplace_back("Content-Type", "binary/octet-stream");
    service().buckets().create(bucket);
    service().buckets().with(bucket, [&](object_map* objects) {
        return objects != nullptr && ((*objects)[key] = object) != nullptr;
    });
}

std::optional<std::string>
s3_server::object_data(const std::string& bucket, const std::string& key) const {
    return core_->service().buckets().with(
        bucket,
        [&](const object_map* objects) -> std::optional<std::string> {
            if (objects == nullptr || !objects->contains(key)) return std::nullopt;
            return objects->at(key)->data.text();
        }
    );
}

std::vector<std::string> s3_server::keys(const std::string& bucket) const {
    return core_->service().buckets().with(bucket, [](const object_map* objects) {
        std::vector<std::string> out;
        if (objects == nullptr) return out;
        for (const auto& [key, object] : *objects)
            out.push_back(key);
        return out;
    });
}

std::vector<logged_request> s3_server::log() const {
    return core_->log();
}

traffic s3_server::traffic_of(const match& which) const {
    traffic out;
    for (const auto& entry : log()) {
        if (!matches(which, entry.method, entry.key, split(entry.target).query)) continue;
        ++out.requests;
        out.body_bytes += entry.body_bytes;
        out.answer_bytes += entry.answer_bytes;
    }
    return out;
}

std::vector<upload_view> s3_server::open_uploads() const {
    return core_->service().uploads().views();
}

void s3_server::clear_log() {
    core_->clear_log();
}

server_counters s3_server::counters() const {
    return core_->counters();
}

bool s3_server::wait_for_requests(std::uint64_t count, std::chrono::milliseconds time) const {
    return core_->wait_until(&server_counters::requests, count, time);
}

bool s3_server::wait_for_connections(std::uint64_t count, std::chrono::milliseconds time) const {
    return core_->wait_until(&server_counters::connections, count, time);
}

void s3_server::drop_connections() {
    core_->drop_connections();
}

void s3_server::stop_listening() {
    core_->stop_listening();
}

void s3_server::change_certificate(leaf_kind leaf) {
    core_->change_certificate(leaf);
}

} // namespace blobstore::fakes
