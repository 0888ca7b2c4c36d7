// SPDX-License-Identifier: Apache-2.0
// One process of those that race for a key: this program, run once more.
#pragma once

namespace conformance {

inline constexpr const char* race_argument = "--race";

// `arguments`: URL, prefix of the keys, what to write, then settings as name=value. Each byte read
// from descriptor 0 is a round; the answer there is one byte.
int race(int count, char** arguments);

} // namespace conformance
