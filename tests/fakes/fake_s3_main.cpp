// SPDX-License-Identifier: Apache-2.0
// The fake S3 server as a program, for tests that are not written in C++.
#include "fakes/s3_server.h"
#include "fakes/text_forms.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using namespace blobstore::fakes;

constexpr const char* usage =
    "usage: fake-s3 [--tls] [--leaf KIND] [--port N] [--ca-out FILE] [--port-file FILE]\n"
    "               [--bucket NAME]... [--access-key KEY --secret-key KEY [--session-token TEXT]]\n"
    "               [--region NAME] [--anonymous] [--ignore-clock] [--clock-offset SECONDS]\n"
    "               [--smallest-part BYTES] [--uniform-parts]\n"
    "               [--rule RULE]... [--script FILE] [--no-stdin] [--log FILE]\n"
    "KIND: good unknown-ca self-signed expired not-yet-valid wrong-name\n"
    "RULE: words as in faults.h, values percent-encoded: `method=GET key=stall stall=answer_head\n"
    "times=0`; a script has one rule a line, # begins a comment. Prints `ready PORT`, ends with\n"
    "its standard input or SIGTERM. The log, written then, has a line for each request: method,\n"
    "target, status (0: not answered), bytes of the body.\n";

struct program_options {
    server_options server;
    std::string ca_out;
    std::string port_file;
    std::string log;
    std::vector<scripted_rule> rules;
    bool watch_stdin = true;
};

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "fake-s3: " << why << "\n" << usage;
    std::exit(2);
}

leaf_kind leaf_named(const std::string& name) {
    if (name == "good") return leaf_kind::good;
    if (name == "unknown-ca") return leaf_kind::unknown_ca;
    if (name == "self-signed") return leaf_kind::self_signed;
    if (name == "expired") return leaf_kind::expired;
    if (name == "not-yet-valid") return leaf_kind::not_yet_valid;
    if (name == "wrong-name") return leaf_kind::wrong_name;
    fail("unknown leaf " + name);
}

void add_rule(program_options& out, const std::string& line) {
    auto rule = parse_rule(line);
    if (!rule) fail("not a rule: " + line);
    out.rules.push_back(std::move(*rule));
}

void read_script(program_options& out, const std::string& name) {
    std::ifstream file{name};
    if (!file) fail("cannot read " + name);
    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.size(), line.find('#')));
        if (!trim(line).empty()) add_rule(out, line);
    }
}

bool take_flag(program_options& out, const std::string& name) {
    auto& signature = out.server.service.signature;
    if (name == "--tls") {
        out.server.tls = tls_mode::on;
    } else if (name == "--anonymous") {
        signature.allow_anonymous = true;
    } else if (name == "--ignore-clock") {
        signature.ignore_clock = true;
    } else if (name == "--uniform-parts") {
        out.server.service.uploads.uniform_parts = true;
    } else if (name == "--no-stdin") {
        out.watch_stdin = false;
    } else {
        return false;
    }
    return true;
}

void take_value(program_options& out, const std::string& name, const std::string& value) {
    auto& signature = out.server.service.signature;
    if (name == "--leaf") {
        out.server.leaf = leaf_named(value);
    } else if (name == "--port") {
        const auto number = parse_number(value);
        if (!number || *number > 65535) fail("not a port: " + value);
        out.server.port = static_cast<std::uint16_t>(*number);
    } else if (name == "--ca-out") {
        out.ca_out = value;
    } else if (name == "--port-file") {
        out.port_file = value;
    } else if (name == "--log") {
        out.log = value;
    } else if (name == "--bucket") {
        out.server.buckets.push_back(value);
    } else if (name == "--access-key") {
        signature.credentials.front().access_key = value;
    } else if (name == "--secret-key") {
        signature.credentials.front().secret_key = value;
    } else if (name == "--session-token") {
        signature.credentials.front().session_token = value;
    } else if (name == "--region") {
        signature.region = value;
    } else if (name == "--clock-offset") {
        out.server.service.clock_offset = std::chrono::seconds{std::stol(value)};
    } else if (name == "--smallest-part") {
        const auto number = parse_number(value);
        if (!number) fail("not a size: " + value);
        out.server.service.uploads.smallest_part = *number;
    } else if (name == "--rule") {
        add_rule(out, value);
    } else if (name == "--script") {
        read_script(out, value);
    } else {
        fail("unknown option " + name);
    }
}

program_options read_arguments(int count, char** arguments) {
    program_options out;
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        if (name == "--help") {
            std::cout << usage;
            std::exit(0);
        }
        if (take_flag(out, name)) continue;
        if (i + 1 == count) fail(name + " needs a value");
        take_value(out, name, arguments[++i]);
    }
    return out;
}

// Whole or not at all: a test may wait for the file.
void write_file(const std::string& name, const std::string& text) {
    const std::string draft = name + ".part";
    {
        std::ofstream file{draft};
        file << text;
        if (!file.flush()) fail("cannot write " + draft);
    }
    if (std::rename(draft.c_str(), name.c_str()) != 0) fail("cannot write " + name);
}

std::string text_of(const std::vector<logged_request>& all) {
    std::string text;
    for (const logged_request& one : all)
        text += one.method + " " + one.target + " " + std::to_string(one.status) + " " +
                std::to_string(one.body_bytes) + "\n";
    return text;
}

void wait_for_end(int signals, bool watch_stdin) {
    std::array<pollfd, 2> watched{{{signals, POLLIN, 0}, {watch_stdin ? 0 : -1, POLLIN, 0}}};
    for (;;) {
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;
        if (watched[0].revents != 0) return;
        std::array<char, 256> ignored{};
        if (watched[1].revents != 0 && ::read(0, ignored.data(), ignored.size()) <= 0) return;
    }
}

} // namespace

int main(int count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr); // before any thread is there
    const int signals = signalfd(-1, &ending, SFD_CLOEXEC);
    auto options = read_arguments(count, arguments);
    try {
        s3_server server{options.server};
        for (auto& rule : options.rules)
            server.on(rule.which, rule.what, rule.times);
        if (!options.ca_out.empty()) write_file(options.ca_out, server.ca().ca_pem());
        const auto port = std::to_string(server.port());
        if (!options.port_file.empty()) write_file(options.port_file, port + "\n");
        std::cout << "ready " << port << std::endl;
        wait_for_end(signals, options.watch_stdin);
        if (!options.log.empty()) write_file(options.log, text_of(server.log()));
    } catch (const std::exception& error) {
        std::cerr << "fake-s3: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
