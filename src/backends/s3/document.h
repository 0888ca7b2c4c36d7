// SPDX-License-Identifier: Apache-2.0
// Reading the documents of answers, element by element. Pure.
#pragma once

#include "base/xml.h"
#include "store/types.h"

namespace blobstore::s3 {

std::optional<std::uint64_t> number(std::string_view text);

/// Reads the children of the element that just started; `on_child` must leave the reader behind the
/// child's end.
template <class OnChild>
result<void> for_children(xml_reader& xml, OnChild on_child) {
    for (;;) {
        result<xml_event> event = xml.next();
        if (!event) return event.error();
        if (*event == xml_event::end) return {};
        if (*event != xml_event::start) continue;
        result<void> read = on_child();
        if (!read) return read;
    }
}

/// The text of the element that just started.
result<void> text_into(xml_reader& xml, std::string& into);
/// Go's zero time and the year 9999 are times, but say nothing: unknown.
result<void> take_time(const result<std::int64_t>& parsed, std::optional<std::int64_t>& into);
result<void> time_into(xml_reader& xml, std::optional<std::int64_t>& into);
result<void> size_into(xml_reader& xml, std::optional<std::uint64_t>& into);
/// "true", "false" or nothing.
result<void> truth_into(xml_reader& xml, bool& into);
/// The ID of an <Owner>.
result<void> owner_into(xml_reader& xml, object_meta& into);
/// A key or prefix that EncodingType covers.
result<void> url_decode(std::string& text);

/// Up to the root's start; its name.
result<std::string> root_of(xml_reader& xml);

/// Reads what is left of the document, so that what is not well-formed shows.
result<void> to_end(xml_reader& xml);

/// The service said yes, but what it did cannot be read.
error applied(error e);

} // namespace blobstore::s3
