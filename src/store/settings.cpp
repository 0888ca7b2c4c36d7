// SPDX-License-Identifier: Apache-2.0
// The table of settings that every client and store has.
#include "store/settings.h"

namespace blobstore {

namespace {

constexpr std::string_view attempts_variables[] = {"AWS_MAX_ATTEMPTS"};

constexpr setting table[] = {
    {"timeout",
     {},
     setting_type::duration_ms,
     "0",
     "limit for a whole call; 0 = none",
     false,
     {},
     {}},
    {"stall_timeout",
     {},
     setting_type::duration_ms,
     "20s",
     "limit without a byte moved; 0 = none",
     false,
     {},
     {}},
    {"max_attempts",
     {},
     setting_type::integer,
     "5",
     "requests per call at most, retries included",
     false,
     {},
     attempts_variables},
    {"memory_limit",
     {},
     setting_type::size,
     "256MiB",
     "the largest object that get reads into memory",
     false,
     {},
     {}},
    {"io_threads",
     {},
     setting_type::integer,
     "2",
     "threads for asynchronous network calls (client only)",
     false,
     {},
     {}},
    {"worker_threads",
     {},
     setting_type::integer,
     "16",
     "threads for asynchronous calls that touch files (client only)",
     false,
     {},
     {}},
    {"callback_threads",
     {},
     setting_type::integer,
     "1",
     "threads that run callbacks (client only)",
     false,
     {},
     {}},
};

} // namespace

std::span<const setting> store_settings_table() noexcept {
    return table;
}

} // namespace blobstore
