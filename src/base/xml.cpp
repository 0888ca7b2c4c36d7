// SPDX-License-Identifier: Apache-2.0
// The XML reader: one pass over the bytes for UTF-8 and characters, then events on demand.
#include "base/xml.h"

#include "base/xml_chars.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace blobstore {

namespace {

using namespace xml;

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_attributes = 64; // of one element: each is compared with all before it
constexpr std::string_view cdata_start = "<![CDATA[";

constexpr std::uint8_t byte(char c) noexcept {
    return static_cast<std::uint8_t>(c);
}

struct decoded {
    std::uint32_t value = 0;
    std::size_t size = 0; ///< 0: not UTF-8
};

// The first code point of text that is not empty.
decoded decode_utf8(std::string_view text) noexcept {
    const std::uint32_t first = byte(text[0]);
    if (first < 0x80) {
        return {first, 1};
    }
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) {
        return {};
    }
    std::uint32_t value = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(text[i]) & 0xc0) != 0x80) {
            return {};
        }
        value = value << 6 | (byte(text[i]) & 0x3f);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < least[size] || surrogate || value > 0x10ffff ? decoded{} : decoded{value, size};
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        tail(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | c >> 12);
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | c >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

// True if the next eight bytes are printable ASCII (or DEL).
bool is_plain_word(std::string_view text) noexcept {
    std::uint64_t word = 0;
    if (text.size() < sizeof word) {
        return false;
    }
    std::memcpy(&word, text.data(), sizeof word);
    constexpr std::uint64_t each = 0x0101010101010101;
    return (((word - each * 0x20) | word) & each * 0x80) == 0;
}

// True if all of it is UTF-8 and characters that XML 1.0 can hold.
bool is_xml_text(std::string_view text) noexcept {
    while (!text.empty()) {
        if (is_plain_word(text)) {
            text.remove_prefix(8);
            continue;
        }
        const char c = text.front();
        std::size_t size = 1;
        if (byte(c) >= 0x80) {
            const decoded at = decode_utf8(text);
            if (at.size == 0 || !is_char(at.value)) {
                return false;
            }
            size = at.size;
        } else if (!is_char(byte(c))) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

// Decodes the reference at the front of `text` ("&...;") and cuts it off; false if it is none.
bool take_reference(std::string_view& text, std::string& out) {
    struct entity {
        std::string_view name;
        char value;
    };

    constexpr entity entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (const entity& known : entities) {
        if (text.starts_with(known.name)) {
            out += known.value;
            text.remove_prefix(known.name.size());
            return true;
        }
    }
    const std::size_t end = text.find(';');
    if (end == std::string_view::npos || !text.starts_with("&#")) {
        return false;
    }
    const bool is_hex = text[2] == 'x';
    const std::string_view digits = text.substr(is_hex ? 3 : 2, end - (is_hex ? 3 : 2));
    std::uint32_t value = 0;
    for (const char c : digits) {
        const bool decimal = c >= '0' && c <= '9';
        const char low = static_cast<char>(c | 0x20);
        if (!decimal && (!is_hex || low < 'a' || low > 'f')) {
            return false;
        }
        value = value * (is_hex ? 16 : 10) +
                static_cast<std::uint32_t>(decimal ? c - '0' : low - 'a' + 10);
        if (value > 0x10ffff) {
            return false;
        }
    }
    if (digits.empty() || !is_char(value)) {
        return false;
    }
    append_utf8(out, value);
    text.remove_prefix(end + 1);
    return true;
}

// An attribute's value with references resolved and white space made spaces.
bool decode_attribute(std::string_view raw, std::string& out) {
    while (!raw.empty()) {
        const char c = raw.front();
        if (c == '&') {
            if (!take_reference(raw, out)) {
                return false;
            }
            continue;
        }
        raw.remove_prefix(c == '\r' && raw.starts_with("\r\n") ? 2 : 1);
        out += is_space(c) ? ' ' : c;
    }
    return true;
}

std::string_view local_name(std::string_view name) noexcept {
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos || colon + 1 == name.size() ? name
                                                                       : name.substr(colon + 1);
}

} // namespace

xml_reader::xml_reader(std::string_view document)
    : document_(document)
    , rest_(document) {
}

bool xml_reader::bad(std::string_view what) {
    problem_.assign("malformed XML at byte ")
        .append(std::to_string(document_.size() - rest_.size()))
        .append(": ")
        .append(what);
    return false;
}

bool xml_reader::read_name(std::string_view& out) {
    std::size_t size = 0;
    while (size < rest_.size()) {
        if (size != 0 && byte(rest_[size]) < 0x80) {
            if (!ascii_name_chars[byte(rest_[size])]) {
                break;
            }
            ++size;
            continue;
        }
        const decoded at = decode_utf8(rest_.substr(size));
        if (!(size == 0 ? is_name_start(at.value) : is_name_char(at.value))) {
            break;
        }
        size += at.size;
    }
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return size != 0 || bad("a name is missing");
}

bool xml_reader::read_prolog() {
    if (!is_xml_text(document_)) {
        return bad("not UTF-8, or a character that XML cannot hold");
    }
    skip("\xef\xbb\xbf");
    if (rest_.starts_with("<?xml") && rest_.size() > 5 && is_space(rest_[5]) &&
        !read_declaration()) {
        return false;
    }
    if (!skip_misc()) {
        return false;
    }
    if (rest_.starts_with("<!DOCTYPE")) {
        return bad("a document type definition is not accepted");
    }
    return (rest_.starts_with('<') && !rest_.starts_with("</") && !rest_.starts_with("<!")) ||
           bad("no root element");
}

bool xml_reader::read_declaration() {
    skip("<?xml");
    attributes_.clear();
    if (!read_attributes()) {
        return false;
    }
    std::size_t at = 0;
    const auto take = [&](std::string_view name, std::string_view otherwise) {
        const bool here = at < attributes_.size() && attributes_[at].name == name;
        at += here ? 1 : 0;
        return here ? attributes_[at - 1].raw_value : otherwise;
    };
    const std::string_view version = take("version", "");
    std::string encoding(take("encoding", "UTF-8"));
    const std::string_view standalone = take("standalone", "no");
    if (!version.starts_with("1.") || version.size() == 2 ||
        version.find_first_not_of("0123456789", 2) != std::string_view::npos ||
        at != attributes_.size() || (standalone != "yes" && standalone != "no") || !skip("?>")) {
        return bad("malformed XML declaration");
    }
    std::ranges::for_each(encoding, [](char& c) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return encoding == "UTF-8" || encoding == "US-ASCII" || bad("an encoding other than UTF-8");
}

bool xml_reader::skip_comment() {
    skip("<!--");
    const std::size_t end = rest_.find("--");
    if (end == std::string_view::npos) {
        return bad("a comment does not end");
    }
    rest_.remove_prefix(end + 2);
    return skip(">") || bad("'--' within a comment");
}

bool xml_reader::skip_instruction() {
    skip("<?");
    std::string_view target;
    if (!read_name(target)) {
        return false;
    }
    if (target.size() == 3 && (target[0] | 0x20) == 'x' && (target[1] | 0x20) == 'm' &&
        (target[2] | 0x20) == 'l') {
        return bad("an XML declaration that is not at the beginning");
    }
    const std::size_t end = rest_.find("?>");
    if (end == std::string_view::npos || (end != 0 && !is_space(rest_.front()))) {
        return bad("malformed processing instruction");
    }
    rest_.remove_prefix(end + 2);
    return true;
}

// White space, comments and instructions outside the root element.
bool xml_reader::skip_misc() {
    while (true) {
        skip_space();
        const bool comment = rest_.starts_with("<!--");
        if (!comment && !rest_.starts_with("<?")) {
            return true;
        }
        if (!(comment ? skip_comment() : skip_instruction())) {
            return false;
        }
    }
}

bool xml_reader::read_attributes() {
    while (skip_space() && !rest_.empty() && rest_.front() != '>' && rest_.front() != '/' &&
           rest_.front() != '?') {
        attribute_view found;
        if (!read_name(found.name)) {
            return false;
        }
        skip_space();
        if (!skip("=")) {
            return bad("an attribute without '='");
        }
        skip_space();
        const char quote = rest_.empty() ? '\0' : rest_.front();
        const std::size_t end =
            quote == '"' || quote == '\'' ? rest_.find(quote, 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            return bad("an attribute's value without quotes or end");
        }
        found.raw_value = rest_.substr(1, end - 1);
        std::string scratch;
        if (found.raw_value.find('<') != std::string_view::npos ||
            (found.raw_value.find('&') != std::string_view::npos &&
             !decode_attribute(found.raw_value, scratch))) {
            return bad("'<' or an unknown reference in an attribute");
        }
        if (std::ranges::any_of(attributes_, [&](const attribute_view& other) {
                return other.name == found.name;
            })) {
            return bad("an attribute occurs twice");
        }
        if (attributes_.size() == max_attributes) {
            return bad("an element has too many attributes");
        }
        rest_.remove_prefix(end + 1);
        attributes_.push_back(found);
    }
    return true;
}

bool xml_reader::read_start() {
    skip("<");
    std::string_view name;
    attributes_.clear();
    if (!read_name(name)) {
        return false;
    }
    if (!skip(">")) {
        if (!read_attributes()) {
            return false;
        }
        pending_end_ = skip("/");
        if (!skip(">")) {
            return bad("a start tag does not end");
        }
    }
    if (open_.size() == max_depth) {
        return bad("elements are nested too deeply");
    }
    open_.push_back(name);
    name_ = local_name(name);
    return true;
}

bool xml_reader::read_end() {
    skip("</");
    std::string_view name = open_.back();
    if (rest_.starts_with(name) && rest_.substr(name.size()).starts_with('>')) {
        rest_.remove_prefix(name.size() + 1); // as nearly always: the name need not be read
    } else {
        if (!read_name(name)) {
            return false;
        }
        skip_space();
        if (!skip(">") || name != open_.back()) {
            return bad("an end tag that does not fit its start");
        }
    }
    open_.pop_back();
    name_ = local_name(name);
    return true;
}

// Appends with line ends normalised (XML 1.0, 2.11).
void xml_reader::append_text(std::string_view run) {
    while (true) {
        const std::size_t at = run.find('\r');
        buffer_.append(run.substr(0, at));
        if (at == std::string_view::npos) {
            return;
        }
        buffer_ += '\n';
        run.remove_prefix(at + (run.substr(at).starts_with("\r\n") ? 2 : 1));
    }
}

// Text up to the next tag. Comments and instructions within it leave no trace.
bool xml_reader::read_text() {
    const std::size_t end = rest_.find('<');
    const std::string_view plain = rest_.substr(0, end);
    const bool tag_follows = end != std::string_view::npos &&
                             !rest_.substr(end).starts_with("<!") &&
                             !rest_.substr(end).starts_with("<?");
    if (tag_follows && plain.find('&') == std::string_view::npos &&
        plain.find('\r') == std::string_view::npos && plain.find("]]>") == std::string_view::npos) {
        text_ = plain;
        rest_.remove_prefix(end);
        return true;
    }
    buffer_.clear();
    while (!rest_.empty()) {
        if (skip(cdata_start)) {
            const std::size_t close = rest_.find("]]>");
            if (close == std::string_view::npos) {
                return bad("a CDATA section does not end");
            }
            append_text(rest_.substr(0, close));
            rest_.remove_prefix(close + 3);
        } else if (rest_.starts_with("<!--") || rest_.starts_with("<?")) {
            if (!(rest_[1] == '!' ? skip_comment() : skip_instruction())) {
                return false;
            }
        } else if (rest_.front() == '<') {
            break;
        } else if (rest_.front() == '&') {
            if (!take_reference(rest_, buffer_)) {
                return bad("an unknown entity or a reference to no character");
            }
        } else {
            const std::string_view run = rest_.substr(0, rest_.find_first_of("<&"));
            if (run.find("]]>") != std::string_view::npos) {
                return bad("']]>' in text");
            }
            append_text(run);
            rest_.remove_prefix(run.size());
        }
    }
    text_ = buffer_;
    return true;
}

// One step; no event if there was only a comment or the like.
bool xml_reader::read_content(std::optional<xml_event>& event) {
    if (open_.empty() && started_) {
        if (!skip_misc()) {
            return false;
        }
        event = xml_event::done;
        return rest_.empty() || bad("something follows the root element");
    }
    if (!started_) {
        started_ = true;
        event = xml_event::start;
        return read_prolog() && read_start();
    }
    if (rest_.empty()) {
        return bad("the document ends within an element");
    }
    if (rest_.starts_with("</")) {
        event = xml_event::end;
        return read_end();
    }
    const bool text = rest_.front() != '<' || rest_.starts_with(cdata_start) ||
                      rest_.starts_with("<!--") || rest_.starts_with("<?");
    if (!text) {
        event = xml_event::start;
        return read_start();
    }
    if (!read_text()) {
        return false;
    }
    if (!text_.empty()) {
        event = xml_event::text;
    }
    return true;
}

result<xml_event> xml_reader::next() {
    std::optional<xml_event> event;
    if (pending_end_ && problem_.empty()) {
        pending_end_ = false;
        name_ = local_name(open_.back());
        open_.pop_back();
        return xml_event::end;
    }
    while (problem_.empty() && !event && read_content(event)) {
    }
    if (!problem_.empty()) {
        return error(errc::protocol, problem_);
    }
    return *event;
}

std::optional<std::string> xml_reader::attribute(std::string_view name) const {
    for (const attribute_view& one : attributes_) {
        if (local_name(one.name) == name && !one.name.starts_with("xmlns:")) {
            std::string value;
            decode_attribute(one.raw_value, value);
            return value;
        }
    }
    return std::nullopt;
}

result<std::string_view> xml_reader::element_text() {
    const std::size_t outer = depth() - 1;
    std::size_t pieces = 0;
    std::string_view found;
    while (true) {
        result<xml_event> event = next();
        if (!event) {
            return event.error();
        }
        if (*event == xml_event::end && depth() == outer) {
            return found;
        }
        if (*event == xml_event::text && depth() == outer + 1) {
            if (++pieces == 1) {
                found = text_; // stays valid over the next event, which is no text
                continue;
            }
            element_buffer_.append(text_);
            found = element_buffer_;
        } else if (*event == xml_event::start && pieces <= 1 && depth() == outer + 2) {
            element_buffer_.assign(found); // an element within: its text would overwrite ours
            found = element_buffer_;
            pieces = 1;
        }
    }
}

result<void> xml_reader::skip_element() {
    const std::size_t outer = depth() - 1;
    while (true) {
        result<xml_event> event = next();
        if (!event) {
            return event.error();
        }
        if (*event == xml_event::end && depth() == outer) {
            return {};
        }
    }
}

result<std::string> xml_escape(std::string_view text) {
    if (!is_xml_text(text)) {
        return error(errc::invalid_argument, "text that XML 1.0 cannot hold");
    }
    std::string out;
    out.reserve(text.size() + text.size() / 8);
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
        case '\r':
            out += "&#13;";
            break;
        case '\n':
            out += "&#10;";
            break;
        case '\t': // as the others: white space in attributes becomes spaces
            out += "&#9;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

} // namespace blobstore
