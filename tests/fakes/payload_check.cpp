// SPDX-License-Identifier: Apache-2.0
// Bodies against what the signed head promised: whole hash, or aws-chunked with its signatures.
#include "fakes/digests.h"
#include "fakes/signature_check.h"
#include "fakes/text_forms.h"

#include <algorithm>
#include <charconv>

namespace blobstore::fakes {

namespace {

constexpr std::size_t smallest_chunk = 8192;

refusal refuse(int status, std::string code, std::string message, header_list details = {}) {
    return {status, std::move(code), std::move(message), std::move(details), {}};
}

class chunk_reader {
public:
    chunk_reader(const request& message, const signature_result& signature)
        : signature_{signature}
        , rest_{message.body}
        , previous_{signature.signature}
        , signed_{signature.payload_hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")}
        , trailer_{signature.payload_hash.ends_with("-TRAILER")} {
        for (const auto& name : split_list(header_or(message.headers, "x-amz-trailer", ""), ',')) {
            if (!trim(name).empty()) announced_.push_back(lower_case(trim(name)));
        }
    }

    payload run() {
        payload out;
        std::size_t last = smallest_chunk;
        for (;;) {
            std::string_view chunk;
            out.refused = next(chunk);
            if (out.refused) return out;
            if (chunk.empty()) break;
            if (last < smallest_chunk) {
                out.refused = refuse(
                    403, "InvalidChunkSizeError", "Only the last chunk may be under 8192 bytes"
                );
                return out;
            }
            last = chunk.size();
            out.data += chunk;
        }
        out.refused = trailer_ ? read_trailers(out.trailers) : read_end();
        return out;
    }

private:
    static refusal incomplete(std::string message) {
        return refuse(400, "IncompleteBody", std::move(message));
    }

    std::optional<refusal> next(std::string_view& chunk) {
        const auto end = rest_.find("\r\n");
        if (end == std::string_view::npos || end > 256) return incomplete("No chunk header");
        const auto line = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        const auto semicolon = line.find(';');
        const auto digits = line.substr(0, semicolon);
        std::size_t size = 0;
        const auto* stop = digits.data() + digits.size();
        const auto [at, error] = std::from_chars(digits.data(), stop, size, 16);
        if (digits.empty() || error != std::errc{} || at != stop) {
            return incomplete("The chunk header is malformed");
        }
        if (size > rest_.size()) return incomplete("The chunk is longer than the body");
        chunk = rest_.substr(0, size);
        rest_.remove_prefix(size);
        if (size > 0 && !take("\r\n")) return incomplete("The chunk does not end where it should");
        if (!signed_) {
            if (semicolon == std::string_view::npos) return std::nullopt;
            return incomplete("An unsigned chunk has an extension");
        }
        static constexpr std::string_view name = ";chunk-signature=";
        if (semicolon == std::string_view::npos || !line.substr(semicolon).starts_with(name)) {
            return incomplete("The chunk has no signature");
        }
        return check(
            "AWS4-HMAC-SHA256-PAYLOAD",
            to_hex(sha256("")) + "\n" + to_hex(sha256(chunk)),
            line.substr(semicolon + name.size())
        );
    }

    std::optional<refusal>
    check(std::string_view kind, const std::string& hashes, std::string_view given) {
        const std::string text = std::string{kind} + "\n" + signature_.timestamp + "\n" +
                                 signature_.scope + "\n" + previous_ + "\n" + hashes;
        previous_ = to_hex(hmac_sha256(signature_.signing_key, text));
        if (previous_ == given) return std::nullopt;
        return refuse(
            403,
            "SignatureDoesNotMatch",
            "The chunk or trailer signature we calculated does not match the one you provided.",
            {{"StringToSign", text}, {"SignatureProvided", std::string{given}}}
        );
    }

    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }

    std::optional<refusal> read_end() {
        if (take("\r\n") && rest_.empty()) return std::nullopt;
        return incomplete("The body does not end with the last chunk");
    }

    // Lines end in CRLF; the documentation's example ends them in LF CRLF.
    std::optional<refusal> read_trailers(header_list& trailers) {
        std::string covered;
        std::string given;
        bool ended = false;
        while (!rest_.empty()) {
            const auto end = rest_.find('\n');
            if (end == std::string_view::npos) return incomplete("A trailer line does not end");
            auto line = rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            ended = line.empty();
            if (ended) continue;
            const auto colon = line.find(':');
            if (colon == std::string_view::npos) return incomplete("A trailer line has no colon");
            const auto name = lower_case(trim(line.substr(0, colon)));
            const auto value = trim(line.substr(colon + 1));
            if (name == "x-amz-trailer-signature") {
                given = value;
                continue;
            }
            if (std::find(announced_.begin(), announced_.end(), name) == announced_.end()) {
                return refuse(400, "MalformedTrailerError", "A trailer was not announced: " + name);
            }
            covered.append(name).append(":").append(value).append("\n");
            trailers.emplace_back(name, value);
        }
        if (!ended) return incomplete("The trailers do not end with an empty line");
        if (trailers.size() != announced_.size()) {
            return refuse(400, "MalformedTrailerError", "An announced trailer is missing");
        }
        if (!signed_) return std::nullopt;
        return check("AWS4-HMAC-SHA256-TRAILER", to_hex(sha256(covered)), given);
    }

    const signature_result& signature_;
    std::string_view rest_;
    std::string previous_;
    bool signed_;
    bool trailer_;
    std::vector<std::string> announced_;
};

} // namespace

payload check_payload(const request& message, const signature_result& signature) {
    payload out;
    const auto& promise = signature.payload_hash;
    if (promise.starts_with("STREAMING-")) {
        if (signature.anonymous && promise != "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
            out.refused = refuse(403, "AccessDenied", "A signed body needs a signed head");
            return out;
        }
        const auto* length = find_header(message.headers, "x-amz-decoded-content-length");
        if (length == nullptr) {
            out.refused = refuse(
                411,
                "MissingContentLength",
                "You must provide the x-amz-decoded-content-length header."
            );
            return out;
        }
        out = chunk_reader{message, signature}.run();
        if (!out.refused && parse_number(*length) != out.data.size()) {
            out.refused = refuse(
                400,
                "IncompleteBody",
                "The decoded body is not as long as x-amz-decoded-content-length says."
            );
        }
        return out;
    }
    out.data = message.body;
    if (promise == "UNSIGNED-PAYLOAD") return out;
    const auto actual = to_hex(sha256(message.body));
    if (actual != promise) {
        out.refused = refuse(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            {{"ClientComputedContentSHA256", promise}, {"S3ComputedContentSHA256", actual}}
        );
    }
    return out;
}

} // namespace blobstore::fakes
