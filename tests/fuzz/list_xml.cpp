// SPDX-License-Identifier: Apache-2.0
// Pages of lists and results of deletes and copies: no more comes out than went in, each is the
// same again, and what goes on says where.
#include "backends/s3/responses.h"
#include "base/xml.h"
#include "fuzz.h"

using namespace blobstore;

namespace {

/// The events of the document and the size of all text; the reader must end.
std::size_t read_all(std::string_view body) {
    xml_reader reader(body);
    std::size_t text = 0;
    for (std::size_t events = 0;; ++events) {
        FUZZ_ASSERT(events <= 2 * body.size() + 2);
        const result<xml_event> event = reader.next();
        if (!event) {
            FUZZ_ASSERT(event.error().code() == errc::protocol);
            FUZZ_ASSERT(!reader.next());
            return text;
        }
        if (*event == xml_event::done) return text;
        FUZZ_ASSERT(reader.depth() <= 64);
        if (*event == xml_event::text) text += reader.text().size();
    }
}

void check_page(std::string_view body) {
    const list_options asked{"", "", "", "token", 0};
    const result<list_page> page = s3::decode_list(body, asked);
    if (!page) {
        FUZZ_ASSERT(page.error().code() == errc::protocol);
        return;
    }
    std::size_t size = page->next_token.size();
    std::string_view before;
    for (const object_meta& entry : page->entries) {
        FUZZ_ASSERT(!entry.key.empty() && before <= entry.key);
        before = entry.key;
        size += entry.key.size() + entry.etag.size();
    }
    FUZZ_ASSERT(size <= body.size());
    FUZZ_ASSERT(page->next_token != asked.page_token);
    const result<list_page> again = s3::decode_list(body, asked);
    FUZZ_ASSERT(again && again->entries.size() == page->entries.size());
}

/// Text that is escaped comes back, if XML can hold it.
void check_escape(std::string_view text) {
    const result<std::string> escaped = xml_escape(text);
    if (!escaped) return;
    const std::string document = "<a b=\"" + *escaped + "\">" + *escaped + "</a>";
    xml_reader reader(document);
    FUZZ_ASSERT(reader.next());
    FUZZ_ASSERT(reader.attribute("b") == text);
    const result<std::string_view> back = reader.element_text();
    FUZZ_ASSERT(back && *back == text);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = fuzz::text_of(data, size);
    FUZZ_ASSERT(read_all(body) <= body.size());
    check_page(body);
    check_escape(body);
    const std::string keys[] = {"a", "b"};
    const auto removed = s3::decode_remove_many(body, keys);
    FUZZ_ASSERT(!removed || removed->size() == 2);
    const result<object_meta> copied = s3::decode_copy(body);
    FUZZ_ASSERT(copied || copied.error().code() == errc::protocol);
    return 0;
}
