// SPDX-License-Identifier: Apache-2.0
// Upload tokens and resume strings: what is cut or changed is refused, what is taken is the same
// again, and fields whose checksum is right, though nobody wrote them, do no harm.
#include "store/resume.h"

#include "fuzz.h"

#include <algorithm>

using namespace blobstore;

namespace {

void check_refused(const error& why) {
    FUZZ_ASSERT(why.code() == errc::invalid_argument && !why.message().empty());
}

bool same(const open_upload& a, const open_upload& b) {
    return a.key == b.key && a.id == b.id && a.mark == b.mark && a.when.create == b.when.create &&
           a.when.if_match == b.when.if_match && a.customer_key.reveal() == b.customer_key.reveal();
}

/// What is read is written as what is read again.
void check_text(std::string_view text) {
    const result<open_upload> upload = decode_upload(text);
    if (upload) {
        const result<open_upload> again = decode_upload(encode_upload(*upload));
        FUZZ_ASSERT(again && same(*upload, *again));
    } else {
        check_refused(upload.error());
    }
    const result<upload_state> state = decode_resume(text);
    if (!state) {
        check_refused(state.error());
        return;
    }
    FUZZ_ASSERT(state->part_size != 0);
    for (const auto& [number, receipt] : state->receipts) {
        FUZZ_ASSERT(number != 0 && receipt.find('\n') == receipt.npos);
        FUZZ_ASSERT(receipt.size() < text.size());
    }
    const result<upload_state> again = decode_resume(encode_resume(*state));
    FUZZ_ASSERT(again && same(state->upload, again->upload) && state->from == again->from);
    FUZZ_ASSERT(again->part_size == state->part_size && again->receipts == state->receipts);
}

/// Lines "name=value" as fields under a checksum that is right; "\\n" within a value is a line end.
name_values fields_in(std::string_view input) {
    name_values fields;
    while (!input.empty()) {
        const std::string_view line = input.substr(0, input.find('\n'));
        input.remove_prefix(std::min(input.size(), line.size() + 1));
        const std::size_t equals = std::min(line.find('='), line.size());
        std::string value(line.substr(std::min(equals + 1, line.size())));
        for (std::size_t at = value.find('|'); at != value.npos; at = value.find('|'))
            value[at] = '\n';
        fields.emplace_back(std::string(line.substr(0, equals)), std::move(value));
    }
    return fields;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    check_text(input);
    const name_values fields = fields_in(input);
    for (const std::string_view kind : {upload_token, upload_resume}) {
        const std::string text(encode_state(kind, fields));
        const result<name_values> back = decode_state(kind, text);
        FUZZ_ASSERT(back && *back == fields);
        check_text(text);
        if (text.size() <= kind.size()) continue;
        std::string changed = text; // one bit of one letter
        changed[kind.size() + size % (text.size() - kind.size())] ^= 1;
        const result<name_values> other = decode_state(kind, changed);
        FUZZ_ASSERT(!other || *other == fields); // a letter's bits may all be padding
    }
    return 0;
}
