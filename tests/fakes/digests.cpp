// SPDX-License-Identifier: Apache-2.0
// Digests by OpenSSL, the three reflected CRCs by table, hexadecimal and base64.
#include "fakes/digests.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace blobstore::fakes {

namespace {

std::string compute(const EVP_MD* algorithm, const stretches& data) {
    static const std::string zeros(256 * 1024, '\0');
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> made(
        EVP_MD_CTX_new(), EVP_MD_CTX_free
    );
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    bool good = made && EVP_DigestInit_ex(made.get(), algorithm, nullptr) == 1;
    for (const auto& each : data) {
        good = good && EVP_DigestUpdate(made.get(), each.bytes.data(), each.bytes.size()) == 1;
        for (std::uint64_t left = each.zeros; left > 0 && good;) {
            const auto step = std::min<std::uint64_t>(left, zeros.size());
            good = EVP_DigestUpdate(made.get(), zeros.data(), step) == 1;
            left -= step;
        }
    }
    if (!good || EVP_DigestFinal_ex(made.get(), out.data(), &length) != 1)
        throw std::runtime_error("a digest failed");
    return {reinterpret_cast<const char*>(out.data()), length};
}

// Nothing but zeros is met again and again: the parts of large objects of tests.
std::string digest(const EVP_MD* algorithm, const stretches& data) {
    if (data.size() != 1 || !data[0].bytes.empty()) return compute(algorithm, data);
    static std::mutex mutex;
    static std::map<std::pair<int, std::uint64_t>, std::string> known;
    const std::lock_guard lock{mutex};
    auto& kept = known[{EVP_MD_get_type(algorithm), data[0].zeros}];
    if (kept.empty()) kept = compute(algorithm, data);
    return kept;
}

stretches only(std::string_view data) {
    return {{data, 0}};
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
using bit_matrix = std::array<Word, sizeof(Word) * 8>; // of each bit what becomes of it

template <class Word>
Word moved_by(const bit_matrix<Word>& matrix, Word to) {
    Word out = 0;
    for (std::size_t i = 0; to != 0; ++i, to >>= 1U)
        if ((to & 1U) != 0) out ^= matrix[i];
    return out;
}

// A zero byte changes the state linearly: so do many, by squaring.
template <class Word>
Word pass_zeros(const std::array<Word, 256>& table, Word value, std::uint64_t count) {
    bit_matrix<Word> step{};
    for (std::size_t i = 0; i < step.size(); ++i) {
        const Word bit = Word{1} << i;
        step[i] = table[bit & 0xFFU] ^ (bit >> 8U);
    }
    for (; count > 0; count >>= 1U) {
        if ((count & 1U) != 0) value = moved_by(step, value);
        bit_matrix<Word> twice{};
        for (std::size_t i = 0; i < step.size(); ++i)
            twice[i] = moved_by(step, step[i]);
        step = twice;
    }
    return value;
}

template <class Word>
Word run_crc(const std::array<Word, 256>& table, const stretches& data) {
    Word value = static_cast<Word>(~Word{0});
    for (const auto& each : data) {
        for (const char c : each.bytes)
            value = table[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
        if (each.zeros > 0) value = pass_zeros(table, value, each.zeros);
    }
    return static_cast<Word>(~value);
}

std::uint32_t crc32_of(const stretches& data) {
    static constexpr auto table = reflected_table<std::uint32_t>(0xEDB88320U);
    return run_crc(table, data);
}

std::uint32_t crc32c_of(const stretches& data) {
    static constexpr auto table = reflected_table<std::uint32_t>(0x82F63B78U);
    return run_crc(table, data);
}

std::uint64_t crc64nvme_of(const stretches& data) {
    static constexpr auto table = reflected_table<std::uint64_t>(0x9A6C9329AC4BC9B5ULL);
    return run_crc(table, data);
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
    return digest(EVP_sha256(), only(data));
}

std::string sha1(std::string_view data) {
    return digest(EVP_sha1(), only(data));
}

std::string md5(std::string_view data) {
    return md5(only(data));
}

std::string md5(const stretches& data) {
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
    return crc32_of(only(data));
}

std::uint32_t crc32c(std::string_view data) {
    return crc32c_of(only(data));
}

std::uint64_t crc64nvme(std::string_view data) {
    return crc64nvme_of(only(data));
}

std::optional<std::string> amz_checksum(std::string_view algorithm, std::string_view data) {
    return amz_checksum(algorithm, only(data));
}

std::optional<std::string> amz_checksum(std::string_view algorithm, const stretches& data) {
    if (algorithm == "crc32") return to_base64(big_endian(crc32_of(data)));
    if (algorithm == "crc32c") return to_base64(big_endian(crc32c_of(data)));
    if (algorithm == "crc64nvme") return to_base64(big_endian(crc64nvme_of(data)));
    if (algorithm == "sha1") return to_base64(digest(EVP_sha1(), data));
    if (algorithm == "sha256") return to_base64(digest(EVP_sha256(), data));
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
