// SPDX-License-Identifier: Apache-2.0
// Where log lines go and what is cut out of them first. Formats nothing, holds no global.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace blobstore {

enum class log_level { off, error, warn, info, debug, trace };

/// A client's sink. `write` may be called on any thread; it is given one line without its end.
struct log_sink {
    log_level level = log_level::off;
    std::function<void(log_level, std::string_view)> write;

    bool wants(log_level line) const noexcept {
        return line != log_level::off && line <= level && write != nullptr;
    }
};

/// The URL with user information and the values of signature, token, credential and key parameters
/// replaced by REDACTED. Works on anything; what is no URL comes back with the same care.
std::string redact_url(std::string_view url);

} // namespace blobstore
