// SPDX-License-Identifier: Apache-2.0
// Every operation meets every fault at every position, once and always, plain and over TLS, on a
// new connection and a used one: whatever is reported is the truth, in time, and nothing is left.
// BLOBSTORE_FAULT_CASE=NAME runs one case, BLOBSTORE_FAULT_CASE=PART those whose name has it.
#include "faults/lane.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

namespace blobstore::fault_tests {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t stride = 3; // of the cases, spread evenly
#else
constexpr std::size_t stride = 1;
#endif

std::vector<fault_case> all_cases() {
    std::vector<fault_case> out;
    for (const operation_row& op : operations())
        for (const bool tls : {false, true})
            for (const fault_row& fault : faults_for(op, tls))
                for (const bool always : {false, true})
                    for (const bool warm : {false, true})
                        out.push_back({&op, fault, always, tls, false, warm});
    for (const operation_row& op : operations())
        for (const bool tls : {false, true})
            for (const fault_row& fault : faults_for(op, tls)) {
                // What is not repeated does not wait for a turn either.
                const bool waits = fault.stalls && (op.replayable || fault.what.status == 0);
                for (const bool warm : {false, true})
                    if (waits) out.push_back({&op, fault, true, tls, true, warm});
            }
    return out;
}

// By name, or every second one so that cold and warm take turns: each fault still meets both, with
// half of the operations each.
std::vector<fault_case> chosen_cases(const char* wanted) {
    std::vector<fault_case> out;
    std::size_t number = 0;
    for (fault_case& each : all_cases()) {
        const std::size_t turn =
            number % 2 == (number / 2 + number / 4) % 2 ? number / 2 % stride : 1;
        const bool named = wanted && each.name().find(wanted) != std::string::npos;
        if (wanted ? named : turn == 0) out.push_back(std::move(each));
        ++number;
    }
    return out;
}

std::size_t entries(const char* folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
        ++count;
    return count;
}

using named = std::vector<std::pair<fault_case, std::string>>;

struct report {
    std::mutex mutex;
    named wrong, slow;
    std::vector<std::string> undetectable;
};

void run_all(const std::vector<fault_case>& cases, std::size_t lanes, report& into) {
    const auto ca = std::make_shared<const fakes::test_ca>();
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(lanes, cases.size()); ++i)
        threads.emplace_back([&] {
            lane mine(ca);
            for (std::size_t at = next++; at < cases.size(); at = next++) {
                const finding found = mine.run(cases[at]);
                const std::lock_guard lock(into.mutex);
                if (!found.wrong.empty()) into.wrong.emplace_back(cases[at], found.wrong);
                if (!found.slow.empty()) into.slow.emplace_back(cases[at], found.slow);
                if (found.undetectable) into.undetectable.push_back(cases[at].name());
            }
        });
    for (std::thread& each : threads)
        each.join();
}

// What was late, or gave up, among others is tried among fewer, and at last alone.
std::size_t run_in_rounds(const std::vector<fault_case>& cases, report& about) {
    std::vector<fault_case> left = cases;
    std::size_t repeated = 0;
    for (const std::size_t lanes : {24, 6, 2, 1, 1}) {
        about.slow.clear();
        run_all(left, lanes, about);
        left.clear();
        for (const auto& [each, what] : about.slow)
            left.push_back(each);
        if (lanes == 24) repeated = left.size();
        if (left.empty()) break;
    }
    about.wrong.insert(about.wrong.end(), about.slow.begin(), about.slow.end());
    std::sort(about.undetectable.begin(), about.undetectable.end());
    const auto same = std::unique(about.undetectable.begin(), about.undetectable.end());
    about.undetectable.erase(same, about.undetectable.end());
    return repeated;
}

TEST(fault_matrix, every_operation_meets_every_fault) {
    const char* wanted = std::getenv("BLOBSTORE_FAULT_CASE");
    { // what the process keeps for good: libraries, error strings, the ports' state
        const lane first(std::make_shared<const fakes::test_ca>());
    }
    const std::size_t descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    const auto cases = chosen_cases(wanted);
    ASSERT_FALSE(cases.empty()) << "no case has this name";
    report about;
    const auto from = capi_tests::steady::now();
    const std::size_t repeated = run_in_rounds(cases, about);
    for (const auto& [each, what] : about.wrong)
        ADD_FAILURE() << each.name() << ": " << what << "\n  to repeat: BLOBSTORE_FAULT_CASE='"
                      << each.name() << "' " << BLOBSTORE_FAULT_PROGRAM
                      << " --gtest_filter=fault_matrix.*";
    for (const std::string& name : about.undetectable)
        std::printf("undetectable: %s\n", name.c_str());
    EXPECT_EQ(entries("/proc/self/fd"), descriptors) << "O6";
    EXPECT_EQ(entries("/proc/self/task"), threads) << "O6";
    std::printf(
        "fault matrix: %zu cases of %zu, %zu undetectable, %zu failed, %zu repeated, %.1f "
        "s\n",
        cases.size(),
        wanted ? cases.size() : all_cases().size(),
        about.undetectable.size(),
        about.wrong.size(),
        repeated,
        static_cast<double>(capi_tests::since(from).count()) / 1000
    );
}

} // namespace
} // namespace blobstore::fault_tests
