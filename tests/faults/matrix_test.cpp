// SPDX-License-Identifier: Apache-2.0
// Every operation meets every fault at every position, once and always, plain and over TLS, on a
// new connection and a used one: whatever is reported is the truth, in time, and nothing is left.
// BLOBSTORE_FAULT_CASE=NAME runs one case, BLOBSTORE_FAULT_CASE=PART those whose name has it.
#include "faults/lane.h"

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
constexpr std::size_t lanes = 24;

std::vector<fault_case> all_cases() {
    std::vector<fault_case> out;
    for (const operation_row& op : operations())
        for (const bool tls : {false, true})
            for (const fault_row& fault : faults_for(op, tls))
                for (const bool always : {false, true})
                    for (const bool warm : {false, true})
                        out.push_back({&op, fault, always, tls, warm});
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

struct report {
    std::mutex mutex;
    std::vector<fault_case> again; // what load may have caused
    std::vector<std::pair<fault_case, std::string>> wrong;
    std::vector<std::string> undetectable;
};

void run_all(const std::vector<fault_case>& cases, report& into) {
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
                if (!found.slow.empty()) into.again.push_back(cases[at]);
                if (found.undetectable) into.undetectable.push_back(cases[at].name());
            }
        });
    for (std::thread& each : threads)
        each.join();
}

// Alone, what load made late is in time: three tries.
void run_again(report& about) {
    const auto ca = std::make_shared<const fakes::test_ca>();
    lane alone(ca);
    for (const fault_case& each : about.again) {
        finding found;
        for (int i = 0; i < 3; ++i) {
            found = alone.run(each);
            if (found.slow.empty()) break;
        }
        if (!found.slow.empty()) about.wrong.emplace_back(each, found.slow);
        if (!found.wrong.empty()) about.wrong.emplace_back(each, found.wrong);
    }
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
    run_all(cases, about);
    const auto repeated = about.again.size();
    run_again(about);
    for (const auto& [each, what] : about.wrong)
        ADD_FAILURE() << each.name() << ": " << what << "\n  to repeat: BLOBSTORE_FAULT_CASE='"
                      << each.name() << "' " << BLOBSTORE_FAULT_PROGRAM
                      << " --gtest_filter=fault_matrix.*";
    for (const std::string& name : about.undetectable)
        std::printf("undetectable: %s\n", name.c_str());
    EXPECT_EQ(entries("/proc/self/fd"), descriptors) << "O6";
    EXPECT_EQ(entries("/proc/self/task"), threads) << "O6";
    std::printf(
        "fault matrix: %zu cases of %zu, %zu undetectable, %zu failed, %zu repeated alone, %.1f "
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
