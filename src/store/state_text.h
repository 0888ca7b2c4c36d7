// SPDX-License-Identifier: Apache-2.0
// State that users keep for us: named values as one line of text, versioned and checksummed. There
// may be a customer's key in it: texts are wiped. Pure.
#pragma once

#include "store/types.h"

namespace blobstore {

/// "bsu1.<base64url>": the kind says what it is and in which version.
wiping_string encode_state(std::string_view kind, const name_values& fields);

/// errc::invalid_argument where the text is of another kind, cut or changed.
result<name_values> decode_state(std::string_view kind, std::string_view text);

inline constexpr std::string_view upload_token = "bsu1.";
inline constexpr std::string_view upload_resume = "bsr1.";
inline constexpr std::string_view download_resume = "bsd1.";

name_values fields_of(const open_upload& upload);
wiping_string encode_upload(const open_upload& upload);
result<open_upload> decode_upload(std::string_view text);
/// Of fields that hold more than that; errc::invalid_argument where one is missing.
result<open_upload> upload_of(const name_values& fields);

/// Wipes values where it goes.
struct wiped_at_end {
    name_values& fields;

    explicit wiped_at_end(name_values& all) noexcept
        : fields(all) {}

    wiped_at_end(const wiped_at_end&) = delete;
    wiped_at_end& operator=(const wiped_at_end&) = delete;

    ~wiped_at_end() {
        for (auto& [name, value] : fields)
            wipe(value.data(), value.size());
    }
};

/// The value of a field; empty where there is none.
std::string_view field_of(const name_values& fields, std::string_view name) noexcept;

} // namespace blobstore
