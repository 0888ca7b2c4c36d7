// SPDX-License-Identifier: Apache-2.0
// Whatever the keys, the pages and the order in which they come: none is lost, none comes twice.
#include "store/key_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace blobstore {
namespace {

struct walk {
    std::vector<std::string> keys;
    std::size_t pages = 0, rounds = 0;
};

/// All pages of all calls, taken in random order over sorted keys.
class listing {
public:
    listing(std::set<std::string> keys, std::size_t page, unsigned seed)
        : keys_(std::move(keys))
        , page_(page)
        , random_(seed) {}

    walk run(const key_space::options& how) {
        walk done;
        std::vector<key_piece> pieces{{}};
        while (!pieces.empty() && done.pages < 100'000) {
            key_space space(pieces, how);
            one_call(space, how.parallel, done);
            list_page page = space.finish();
            for (object_meta& each : page.entries)
                done.keys.push_back(std::move(each.key));
            if (page.next_token.empty()) break;
            auto next = decode_pieces(page.next_token);
            EXPECT_TRUE(next.has_value()) << page.next_token;
            if (!next) break;
            pieces = std::move(*next);
        }
        return done;
    }

private:
    void one_call(key_space& space, std::size_t parallel, walk& done) {
        std::vector<key_space::piece*> running;
        for (;;) {
            while (running.size() < parallel) {
                key_space::piece* const one = space.next();
                if (!one) break;
                running.push_back(one);
            }
            if (running.empty()) return;
            EXPECT_EQ(space.running(), running.size());
            if (parallel == running.size() || done.pages % 2 == 0) ++done.rounds;
            const std::size_t which = random_() % running.size();
            key_space::piece* const one = running[which];
            running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
            std::vector<object_meta> entries;
            auto at = one->after.empty() ? keys_.begin() : keys_.upper_bound(one->after);
            for (; at != keys_.end() && entries.size() < page_; ++at) {
                object_meta entry;
                entry.key = *at;
                entries.push_back(std::move(entry));
            }
            ++done.pages;
            EXPECT_TRUE(space.took(*one, std::move(entries), at != keys_.end()).has_value());
        }
    }

    const std::set<std::string> keys_;
    const std::size_t page_;
    std::mt19937 random_;
};

std::set<std::string> keys_of(int kind, unsigned seed) {
    std::mt19937 random(seed);
    const std::size_t count = random() % 3000;
    std::set<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) {
        char text[64];
        std::string key;
        switch (kind) {
        case 0:
            std::snprintf(text, sizeof text, "key-%07zu", i * 3);
            key = text;
            break;
        case 1:
            std::snprintf(text, sizeof text, "%08x-%zu", static_cast<unsigned>(random()), i);
            key = text;
            break;
        case 2: // all bytes, short and long
            for (unsigned n = 1 + static_cast<unsigned>(random() % 6); n > 0; --n)
                key += static_cast<char>(random() % 5 == 0 ? 0xff : random() % 256);
            break;
        case 3: // heaps far from each other
            std::snprintf(
                text,
                sizeof text,
                "2024-%02u-%02u/%u.log",
                1 + static_cast<unsigned>(random() % 3),
                1 + static_cast<unsigned>(random() % 28),
                static_cast<unsigned>(random() % 100'000)
            );
            key = text;
            break;
        case 4: // each the begin of the next
            key = std::string(1 + i % 900, 'a');
            break;
        default:
            key = "\xc3" + std::string(1, static_cast<char>(0xa0 + random() % 20)) +
                  std::to_string(random() % 1000);
        }
        keys.insert(key);
    }
    return keys;
}

TEST(key_space, no_key_is_lost_and_none_comes_twice) {
    for (int kind = 0; kind < 6; ++kind)
        for (unsigned seed = 1; seed <= 6; ++seed)
            for (const bool unordered : {false, true}) {
                const std::set<std::string> keys = keys_of(kind, seed);
                key_space::options how;
                how.parallel = 2 + seed % 7;
                how.unordered = unordered;
                const walk done = listing(keys, 5 + seed * 3, seed).run(how);
                std::vector<std::string> found = done.keys;
                if (unordered) std::sort(found.begin(), found.end());
                ASSERT_EQ(found, std::vector<std::string>(keys.begin(), keys.end()))
                    << "kind " << kind << " seed " << seed << (unordered ? " unordered" : "");
            }
}

TEST(key_space, even_keys_take_little_more_than_their_pages) {
    for (const int kind : {0, 1}) {
        std::set<std::string> keys;
        for (std::uint32_t i = 0; i < 50'000; ++i) {
            char text[32];
            std::snprintf(
                text, sizeof text, kind == 0 ? "k/%08u" : "k/%08x", i * (kind ? 85'899U : 1)
            );
            keys.insert(text);
        }
        for (const bool unordered : {false, true}) {
            const walk done = listing(keys, 100, 7).run({8, 4, 2, unordered});
            EXPECT_EQ(done.keys.size(), keys.size());
            EXPECT_LT(done.pages, 750U) << "500 would do; kind " << kind << unordered;
        }
    }
}

TEST(key_space, cuts_ascend_and_stay_between) {
    using texts = std::vector<std::string>;
    EXPECT_EQ(
        cut_ahead("k-0000000", "k-0000999", 1000, 0, "", 3),
        (texts{"k-0001898100", "k-0002797200", "k-0003696300"})
    );
    EXPECT_EQ(cut_ahead("k-0000000", "k-0000999", 1000, 0, "k-0002", 9), texts{"k-0001898100"});
    EXPECT_EQ(cut_ahead("k-9000", "k-9999", 1000, 0, "", 9), texts{}); // nothing ahead
    EXPECT_EQ(cut_ahead("k", "k", 1, 0, "", 9), texts{});
    EXPECT_EQ(cut_ahead("\xc3\xa4", "\xc3\xb6", 2, 0, "", 9), texts{});
    for (const std::string& cut : cut_ahead("p9/100", "p9/199", 100, 3, "", 99))
        EXPECT_TRUE(cut.starts_with("p9/")) << cut;
}

TEST(key_space, tokens_there_and_back) {
    const std::vector<key_piece> pieces{{"", "a"}, {"a", "b\xff"}, {"c", ""}};
    const auto back = decode_pieces(encode_pieces(pieces));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, pieces);
    for (const char* const bad :
         {"",
          "pieces:",
          "pieces:6-",
          "pieces:62-61,",
          "pieces:61-62,61-,",
          "pieces:-,61-,",
          "k:YQ",
          "pieces:zz-,"})
        EXPECT_FALSE(decode_pieces(bad).has_value()) << bad;
}

TEST(key_space, keys_out_of_order_are_refused) {
    key_space space({{}}, {4, 4, 0, false});
    std::vector<object_meta> entries(2);
    entries[0].key = "b";
    entries[1].key = "a";
    EXPECT_EQ(space.took(*space.next(), entries, true).error().code(), errc::protocol);
}

} // namespace
} // namespace blobstore
