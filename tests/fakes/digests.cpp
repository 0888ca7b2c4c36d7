// SPDX-License-Identifier: Apache-2.0
// Digests by OpenSSL, the three reflected CRCs by table, hexadecimal and base64.
#include "fakes/digests.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace blobstore::fakes {

namespace {

std::string digest(const EVP_MD* algorithm, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    if (EVP_Digest(data.data(), data.size(), out.data(), &length, algorithm, nullptr) != 1) {
        throw std::runtime_error("EVP_Digest failed");
    }
    return {reinterpret_cast<const char*>(out.data()), length};
}

template <class Word>
constexpr std::array<Word, 256> reflected_table(Word polynomial) {
    std::array<Word, 256> table{};
    for (unsigned i = 0; i < 256; ++i) {
        Word value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ polynomial : value >> 1U;
        }
        table[i] = value;
    }
    return table;
}

template <class Word>
Word run_crc(const std::array<Word, 256>& table, std::string_view data) {
    Word value = static_cast<Word>(~Word{0});
    for (const char c : data) {
        value = table[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
    }
    return static_cast<Word>(~value);
}

template <class Word>
std::string big_endian(Word value) {
    std::string out(sizeof(Word), '\0');
    for (std::size_t i = out.size(); i-- > 0; value >>= 8U) {
        out[i] = static_cast<char>(value & 0xFFU);
    }
    return out;
}

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string sha256(std::string_view data) {
    return digest(EVP_sha256(), data);
}

std::string sha1(std::string_view data) {
    return digest(EVP_sha1(), data);
}

std::string md5(std::string_view data) {
    return digest(EVP_md5(), data);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
    const auto* done = HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        bytes,
        data.size(),
        out.data(),
        &length
    );
    if (done == nullptr) throw std::runtime_error("HMAC failed");
    return {reinterpret_cast<const char*>(out.data()), length};
}

std::uint32_t crc32(std::string_view data) {
    static constexpr auto table = reflected_table<std::uint32_t>(0xEDB88320U);
    return run_crc(table, data);
}

std::uint32_t crc32c(std::string_view data) {
    static constexpr auto table = reflected_table<std::uint32_t>(0x82F63B78U);
    return run_crc(table, data);
}

std::uint64_t crc64nvme(std::string_view data) {
    static constexpr auto table = reflected_table<std::uint64_t>(0x9A6C9329AC4BC9B5ULL);
    return run_crc(table, data);
}

std::optional<std::string> amz_checksum(std::string_view algorithm, std::string_view data) {
    if (algorithm == "crc32") return to_base64(big_endian(crc32(data)));
    if (algorithm == "crc32c") return to_base64(big_endian(crc32c(data)));
    if (algorithm == "crc64nvme") return to_base64(big_endian(crc64nvme(data)));
    if (algorithm == "sha1") return to_base64(sha1(data));
    if (algorithm == "sha256") return to_base64(sha256(data));
    return std::nullopt;
}

std::string to_hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto value = static_cast<unsigned char>(c);
        out += digits[value >> 4U];
        out += digits[value & 15U];
    }
    return out;
}

std::string to_base64(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t word = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t j = 0; j < 3; ++j) {
            word = (word << 8U) | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out += j <= have ? base64_letters[(word >> (18U - 6U * j)) & 63U] : '=';
        }
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (!text.empty() && text.back() == '=' && padding < 2) {
        text.remove_suffix(1);
        ++padding;
    }
    std::string out;
    std::uint32_t word = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto at = base64_letters.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        word = (word << 6U) | static_cast<std::uint32_t>(at);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((word >> bits) & 0xFFU);
        }
    }
    if ((word & ((1U << bits) - 1U)) != 0) return std::nullopt;
    return out;
}

} // namespace blobstore::fakes
