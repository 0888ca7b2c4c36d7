// SPDX-License-Identifier: Apache-2.0
// XML as the fake writes it and the small strict reader for request documents.
#include "fakes/text_forms.h"

#include <charconv>

namespace blobstore::fakes {

namespace {

class xml_reader {
public:
    explicit xml_reader(std::string_view text)
        : rest_{text} {}

    std::optional<xml_node> document() {
        skip_misc();
        xml_node root;
        if (!element(root, 0)) return std::nullopt;
        skip_misc();
        if (!rest_.empty()) return std::nullopt;
        return root;
    }

private:
    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }

    bool skip_past(std::string_view token) {
        const auto at = rest_.find(token);
        if (at == std::string_view::npos) return false;
        rest_.remove_prefix(at + token.size());
        return true;
    }

    void skip_space() {
        const auto at = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
    }

    void skip_misc() {
        for (;;) {
            skip_space();
            const bool skipped =
                (take("<?") && skip_past("?>")) || (take("<!--") && skip_past("-->"));
            if (!skipped) return;
        }
    }

    bool element(xml_node& node, int depth) {
        if (depth > 16 || !take("<")) return false;
        const auto end = rest_.find_first_of(" \t\r\n/>");
        if (end == std::string_view::npos || end == 0) return false;
        const std::string full{rest_.substr(0, end)};
        node.name = full.substr(full.find(':') == std::string::npos ? 0 : full.find(':') + 1);
        rest_.remove_prefix(end);
        const auto close = rest_.find('>');
        if (close == std::string_view::npos) return false;
        const bool empty = close > 0 && rest_[close - 1] == '/';
        rest_.remove_prefix(close + 1);
        return empty || content(node, full, depth);
    }

    bool content(xml_node& node, const std::string& full, int depth) {
        for (;;) {
            if (rest_.empty()) return false;
            if (take("</")) return take(full) && (skip_space(), take(">"));
            if (take("<!--")) {
                if (!skip_past("-->")) return false;
            } else if (take("<![CDATA[")) {
                const auto at = rest_.find("]]>");
                if (at == std::string_view::npos) return false;
                node.text += rest_.substr(0, at);
                rest_.remove_prefix(at + 3);
            } else if (rest_.front() == '<') {
                if (!element(node.children.emplace_back(), depth + 1)) return false;
            } else if (!character(node.text)) {
                return false;
            }
        }
    }

    // Line ends are normalised as XML 1.0 section 2.11 says.
    bool character(std::string& out) {
        if (rest_.front() == '&') return reference(out);
        if (rest_.front() == '\r') {
            out += '\n';
            if (!take("\r\n")) rest_.remove_prefix(1);
            return true;
        }
        out += rest_.front();
        rest_.remove_prefix(1);
        return true;
    }

    bool reference(std::string& out) {
        const auto end = rest_.find(';');
        if (end == std::string_view::npos || end > 12) return false;
        const auto name = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        if (name == "lt") return out += '<', true;
        if (name == "gt") return out += '>', true;
        if (name == "amp") return out += '&', true;
        if (name == "quot") return out += '"', true;
        if (name == "apos") return out += '\'', true;
        if (!name.starts_with('#')) return false;
        const bool hex = name.size() > 1 && name[1] == 'x';
        const auto digits = name.substr(hex ? 2 : 1);
        std::uint32_t point = 0;
        const auto* stop = digits.data() + digits.size();
        const auto [at, error] = std::from_chars(digits.data(), stop, point, hex ? 16 : 10);
        if (digits.empty() || error != std::errc{} || at != stop) return false;
        return append_utf8(out, point);
    }

    static bool append_utf8(std::string& out, std::uint32_t point) {
        if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
        if (point < 0x80) {
            out += static_cast<char>(point);
            return true;
        }
        const int tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        static constexpr std::uint32_t leads[] = {0, 0xC0, 0xE0, 0xF0};
        out += static_cast<char>(leads[tail] | (point >> (6U * static_cast<unsigned>(tail))));
        for (int i = tail - 1; i >= 0; --i) {
            out += static_cast<char>(0x80U | ((point >> (6U * static_cast<unsigned>(i))) & 0x3FU));
        }
        return true;
    }

    std::string_view rest_;
};

} // namespace

const xml_node* xml_node::child(std::string_view child_name) const {
    for (const auto& node : children) {
        if (node.name == child_name) return &node;
    }
    return nullptr;
}

std::optional<xml_node> parse_xml(std::string_view document) {
    return xml_reader{document}.document();
}

std::string xml_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&apos;";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                // S3 writes control characters as references, also those XML 1.0 has no place for.
                static constexpr std::string_view digits = "0123456789abcdef";
                out += "&#x";
                if (c >= 0x10) out += '1';
                out += digits[static_cast<unsigned char>(c) & 15U];
                out += ';';
            } else {
                out += c;
            }
        }
    }
    return out;
}

void xml_element(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">").append(xml_escape(text));
    out.append("</").append(name).append(">");
}

} // namespace blobstore::fakes
