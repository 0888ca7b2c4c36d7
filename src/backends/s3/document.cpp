// SPDX-License-Identifier: Apache-2.0
// Texts, times, numbers and truths of documents.
#include "backends/s3/document.h"

#include "base/encoding.h"
#include "base/time.h"

#include <charconv>

namespace blobstore::s3 {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

result<void> text_into(xml_reader& xml, std::string& into) {
    result<std::string_view> text = xml.element_text();
    if (!text) return text.error();
    into = *text;
    return {};
}

result<void> take_time(const result<std::int64_t>& parsed, std::optional<std::int64_t>& into) {
    if (parsed) into = *parsed;
    if (parsed || parsed.error().code() == errc::range) return {};
    return error(errc::protocol, "the time of the last change is no time");
}

result<void> time_into(xml_reader& xml, std::optional<std::int64_t>& into) {
    result<std::string_view> text = xml.element_text();
    if (!text) return text.error();
    return take_time(parse_rfc3339(*text), into);
}

result<std::string> root_of(xml_reader& xml) {
    result<xml_event> event = xml.next();
    while (event && *event != xml_event::start && *event != xml_event::done)
        event = xml.next();
    if (!event) return event.error();
    if (*event == xml_event::done) return error(errc::protocol, "the answer is no XML document");
    return std::string(xml.name());
}

result<void> to_end(xml_reader& xml) {
    for (;;) {
        result<xml_event> event = xml.next();
        if (!event) return event.error();
        if (*event == xml_event::done) return {};
    }
}

error applied(error e) {
    e->outcome_unknown = true;
    return e;
}

result<void> size_into(xml_reader& xml, std::optional<std::uint64_t>& into) {
    result<std::string_view> text = xml.element_text();
    if (!text) return text.error();
    into = number(*text);
    if (!into) return error(errc::protocol, "a listed size is no number");
    return {};
}

result<void> truth_into(xml_reader& xml, bool& into) {
    result<std::string_view> text = xml.element_text();
    if (!text) return text.error();
    into = *text == "true";
    if (!into && *text != "false" && !text->empty())
        return error(errc::protocol, "IsTruncated is neither true nor false");
    return {};
}

result<void> url_decode(std::string& text) {
    result<std::string> decoded = percent_decode(text, plus::space);
    if (!decoded || decoded->find('\0') != std::string::npos)
        return error(errc::protocol, "a listed key cannot be decoded");
    text = std::move(*decoded);
    return {};
}

result<void> owner_into(xml_reader& xml, object_meta& into) {
    return for_children(xml, [&]() -> result<void> {
        if (xml.name() == "ID") return text_into(xml, into.own_extras().owner);
        return xml.skip_element();
    });
}

} // namespace blobstore::s3
