// SPDX-License-Identifier: Apache-2.0
// A strict pull reader for the XML that services send, and escaping for what we send. Pure.
#pragma once

#include "base/error.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore {

enum class xml_event { start, end, text, done };

/// Reads one UTF-8 document held in memory. Everything that is not well-formed is errc::protocol,
/// and so are a DTD, an entity beyond the five, another encoding, nesting past 64 and more than 64
/// attributes. Nothing is
/// copied except text that holds references. After an error, next() repeats it.
class xml_reader final {
public:
    /// `document` must outlive the reader.
    explicit xml_reader(std::string_view document);

    /// The next event. Adjacent text, CDATA sections and references are one text event; an empty
    /// element gives start and end; white space between elements is text; `done` repeats.
    result<xml_event> next();

    /// The local name of the element that started or ended, without a namespace prefix. Points into
    /// the document.
    std::string_view name() const noexcept { return name_; }

    /// The characters of a text event; valid until the next call of next().
    std::string_view text() const noexcept { return text_; }

    /// The number of open elements: 1 after the root's start, 0 after its end.
    std::size_t depth() const noexcept { return open_.size(); }

    /// After a start: the value of the attribute with this local name, decoded.
    std::optional<std::string> attribute(std::string_view name) const;

    /// After a start: reads up to the element's end and gives all its characters, without those of
    /// elements within. Valid until the next call of next().
    result<std::string_view> element_text();

    /// After a start: reads past the element's end.
    result<void> skip_element();

private:
    struct attribute_view {
        std::string_view name, raw_value;
    };

    bool bad(std::string_view what);

    bool skip(std::string_view literal) noexcept {
        const bool here = rest_.starts_with(literal);
        if (here) rest_.remove_prefix(literal.size());
        return here;
    }

    bool skip_space() noexcept {
        const std::size_t before = rest_.size();
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), before));
        return rest_.size() != before;
    }

    bool read_name(std::string_view& out);
    bool read_prolog();
    bool read_declaration();
    bool skip_comment();
    bool skip_instruction();
    bool skip_misc();
    bool read_start();
    bool read_attributes();
    bool read_end();
    bool read_text();
    bool read_content(std::optional<xml_event>& event);
    void append_text(std::string_view run);

    std::string_view document_, rest_;
    std::vector<std::string_view> open_; ///< whole names, with prefixes
    std::vector<attribute_view> attributes_;
    std::string_view name_, text_;
    std::string buffer_; ///< what text_ points to when it is not the document
    std::string element_buffer_, problem_;
    bool started_ = false, pending_end_ = false;
};

/// Text for element content and attribute values. Line ends and tabs become references.
/// Bytes that XML 1.0
/// cannot hold (control characters, bad UTF-8) are errc::invalid_argument.
result<std::string> xml_escape(std::string_view text);

} // namespace blobstore
