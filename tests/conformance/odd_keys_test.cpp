// SPDX-License-Identifier: Apache-2.0
// The odd keys of S3-20: each is written, read, listed, copied and deleted under its own bytes.
#include "handles.h"

#include <algorithm>
#include <cstdio>

using namespace conformance;

namespace {

struct odd {
    std::string name; // in the table of exceptions, behind "key "
    std::string key;
};

std::vector<odd> corpus(const std::string& base) {
    std::vector<odd> all;
    for (int c = 1; c < 0x80; ++c) {
        char name[8];
        std::snprintf(name, sizeof name, "0x%02x", static_cast<unsigned>(c));
        all.push_back({name, base + static_cast<char>(c)});
        all.push_back({std::string(name) + " inside", base + "i" + static_cast<char>(c) + "i"});
    }
    for (const char* plain :
         {"%",    "%2F",   "%00",   "%25",     "a+b",    "..a",     "a..",    "...",
          ".",    "..",    "p//q",  "/lead",   "dir/",   "x/./y",   "x/../y", "a b",
          "a  b", " lead", "end ",  "~'\"<>&", "&amp;",  "a?b=c#d", "]]>",    "\r\n",
          "a\\b", "a:b",   "a;b=c", "{a}|^`",  "$&,/:;", "@a!*()",  "%E9",    "\t\n"})
        all.push_back({show(plain), base + plain});
    all.push_back({"e acute NFC", base + "caf\xc3\xa9"});
    all.push_back({"e acute NFD", base + "cafe\xcc\x81"});
    all.push_back({"emoji", base + "\xf0\x9f\x98\x80"});
    all.push_back({"U+FFFD", base + "\xef\xbf\xbd"});
    all.push_back({"U+D7FF", base + "\xed\x9f\xbf"});
    all.push_back({"segment 255", base + std::string(255, 's')});
    all.push_back({"segment 256", base + std::string(256, 'S')});
    std::string longest = base;
    while (longest.size() < 1024)
        longest += longest.size() % 200 == 199 && longest.size() < 1023 ? '/' : 'L';
    all.push_back({"1024 bytes", longest});
    return all;
}

class odd_keys : public store_test {
protected:
    // "" or what went wrong; the outcome that showed it in `last`.
    std::string failure_of(const std::string& k, const std::string& data, outcome& last) {
        last = put(k, data);
        if (last.status != 0) return "put: " + show(last);
        last = get(k);
        if (last.status != 0) return "get: " + show(last);
        if (last.body != data) return "get: other bytes";
        const listing seen = list_all(k);
        last.status = seen.status;
        last.message = seen.message;
        if (seen.status != 0) return "list: " + show(last);
        if (std::find(seen.keys.begin(), seen.keys.end(), k) == seen.keys.end())
            return "list: not there, but " + (seen.keys.empty() ? "nothing" : show(seen.keys[0]));
        const std::string to = base_ + "copied";
        last = copy(k, to);
        if (last.status != 0) return "copy: " + show(last);
        last = get(to);
        if (last.body != data) return "copy: other bytes";
        return {};
    }

    // A request for the longest name that is cut off may leave a folder of it in versitygw.
    std::vector<odd> keys_below(const std::string& base) const {
        std::vector<odd> all = corpus(base);
        if (target_->name == "toxic_reset")
            std::erase_if(all, [](const odd& one) { return one.name == "segment 255"; });
        return all;
    }

    std::string gone(const std::string& k, bool by_bulk, outcome& last) {
        if (by_bulk) {
            const blobstore_str one = str(k);
            blobstore_status result = -1;
            last.status = blobstore_delete_many(store_.get(), &one, 1, nullptr, &result, nullptr);
            if (last.status != 0 || result != 0) return "delete_many: " + show(last);
        } else {
            last = remove(k);
            if (last.status != 0) return "delete: " + show(last);
        }
        last = head(k);
        return last.status == BLOBSTORE_E_NOT_FOUND ? "" : "head after delete: " + show(last);
    }

    void run(const std::string& base) {
        bool by_bulk = false;
        for (const odd& one : keys_below(base)) {
            outcome last;
            std::string failure = failure_of(one.key, "of " + one.name, last);
            if (failure.empty()) {
                by_bulk = !by_bulk;
                failure = gone(one.key, by_bulk, last);
            } else {
                remove(one.key);
            }
            judge("key " + one.name, last, failure);
        }
    }
};

} // namespace

CONFORMANCE_SUITE(odd_keys);

TEST_P(odd_keys, behind_a_prefix) {
    run(base_);
}

TEST_P(odd_keys, whole_keys) {
    if (target_->what != kind::memory && target_->what != kind::fake)
        GTEST_SKIP() << "the bucket is not ours alone, and not every key is allowed";
    run("");
}

TEST_P(odd_keys, all_at_once) {
    std::vector<std::string> want;
    for (const odd& one : keys_below(base_)) {
        if (find_exception(target_->name, "key " + one.name) != nullptr) continue;
        if (find_exception(target_->name, "key " + one.name.substr(0, 4)) != nullptr) continue;
        const outcome made = put(one.key, one.name);
        ASSERT_EQ(made.status, 0) << one.name << ": " << made.message;
        want.push_back(one.key);
    }
    std::sort(want.begin(), want.end());
    want.erase(std::unique(want.begin(), want.end()), want.end());
    EXPECT_EQ(list_all(base_).keys, want);
}

TEST_P(odd_keys, object_beside_folder) {
    outcome last = put(key("fc"), "file");
    ASSERT_EQ(last.status, 0) << last.message;
    last = put(key("fc/x"), "below");
    std::string failure = last.status == 0 ? "" : "put: " + show(last);
    if (failure.empty() && get(key("fc")).body != "file") failure = "fc has other bytes";
    if (failure.empty() && get(key("fc/x")).body != "below") failure = "fc/x has other bytes";
    if (failure.empty() &&
        list_all(key("fc")).keys != std::vector<std::string>{key("fc"), key("fc/x")})
        failure = "not both listed";
    judge("fc beside fc/x", last, failure);
}
