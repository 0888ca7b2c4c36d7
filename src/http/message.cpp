// SPDX-License-Identifier: Apache-2.0
// The few things a request can do for itself.
#include "http/message.h"

namespace blobstore::http {

std::string request::host_header() const {
    const bool brackets = to.host.find(':') != std::string::npos;
    std::string text = brackets ? "[" + to.host + "]" : to.host;
    if (to.port != (to.tls ? 443 : 80)) text += ":" + std::to_string(to.port);
    return text;
}

void request::set(std::string_view name, std::string_view value) {
    auto at = std::find_if(headers.begin(), headers.end(), [&](const header& h) {
        return same_name(h.name, name);
    });
    if (at == headers.end()) {
        headers.push_back({std::string(name), std::string(value)});
        return;
    }
    at->value = value;
    auto same = [&](const header& h) { return same_name(h.name, name); };
    headers.erase(std::remove_if(at + 1, headers.end(), same), headers.end());
}

const std::string* request::find(std::string_view name) const noexcept {
    for (const header& h : headers)
        if (same_name(h.name, name)) return &h.value;
    return nullptr;
}

} // namespace blobstore::http
