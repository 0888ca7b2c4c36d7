// SPDX-License-Identifier: Apache-2.0
// A request's head as it goes over the wire. Pure.
#pragma once

#include "base/secret.h"
#include "http/message.h"

namespace blobstore::http {

/// Whether a field can carry the value: no control character but the tab.
bool is_header_value(std::string_view text);

/// Into `out`, which is emptied first; a signed one holds a token. errc::invalid_argument for what
/// could split or change the request: names that are no tokens, control characters in values,
/// anything but visible ASCII in target and host.
result<void> render_head(wiping_string& out, const request& r, std::string_view user_agent);

/// The path and the names of the query's parameters, without their values: for logs.
std::string target_without_values(std::string_view target);

} // namespace blobstore::http
