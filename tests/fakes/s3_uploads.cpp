// SPDX-License-Identifier: Apache-2.0
// Multipart uploads of the fake S3 service: create, parts, complete, abort.
#include "fakes/digests.h"
#include "fakes/s3_placement.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <algorithm>
#include <array>

namespace blobstore::fakes {

namespace {

constexpr unsigned most_parts = 10000;
constexpr std::string_view sum_prefix = "x-amz-checksum-";
constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view space_name = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";

// Which checksum types an algorithm has; the first is the one without x-amz-checksum-type.
struct algorithm_types {
    std::string_view name;
    std::string_view usual;
    std::string_view other;
};

constexpr std::array<algorithm_types, 5> algorithms{{
    {"CRC32", "COMPOSITE", "FULL_OBJECT"},
    {"CRC32C", "COMPOSITE", "FULL_OBJECT"},
    {"CRC64NVME", "FULL_OBJECT", ""},
    {"SHA1", "COMPOSITE", ""},
    {"SHA256", "COMPOSITE", ""},
}};

struct listed_part {
    unsigned number = 0;
    std::string etag;
    std::string checksum;     // of whatever algorithm
    std::string checksum_tag; // ChecksumCRC32, ...
};

std::string open_document(std::string_view root) {
    return std::string{declaration} + "<" + std::string{root} + std::string{space_name};
}

refusal bad_request(std::string message) {
    return refuse_with(400, "InvalidRequest", std::move(message));
}

std::optional<refusal> read_algorithm(const header_list& headers, open_upload& out) {
    const auto* name = find_header(headers, "x-amz-checksum-algorithm");
    const auto* type = find_header(headers, "x-amz-checksum-type");
    if (name == nullptr) {
        if (type == nullptr) return std::nullopt;
        return bad_request("The x-amz-checksum-type header can only be used with the "
                           "x-amz-checksum-algorithm header.");
    }
    for (const auto& known : algorithms) {
        if (known.name != upper_case(*name)) continue;
        const auto wanted = type != nullptr ? *type : std::string{known.usual};
        if (wanted.empty() || (wanted != known.usual && wanted != known.other)) {
            return bad_request(
                "The " + wanted + " checksum type cannot be used with the " + lower_case(*name) +
                " checksum algorithm."
            );
        }
        out.algorithm = lower_case(*name);
        out.full_object = wanted == "FULL_OBJECT";
        return std::nullopt;
    }
    return bad_request("Checksum algorithm provided is unsupported. Please try again with any of "
                       "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

std::optional<refusal> read_part_number(const route& where, unsigned& out) {
    const auto* text = where.parameter("partNumber");
    const auto number = text != nullptr ? parse_number(*text) : std::nullopt;
    if (number && *number >= 1 && *number <= most_parts) {
        out = static_cast<unsigned>(*number);
        return std::nullopt;
    }
    return refuse_with(
        400,
        "InvalidArgument",
        "Part number must be an integer between 1 and 10000, inclusive",
        {{"ArgumentName", "partNumber"}, {"ArgumentValue", text != nullptr ? *text : ""}}
    );
}

// Whether a part may carry these checksums; they have been verified.
std::optional<refusal> fits(const open_upload& upload, const header_list& given) {
    if (given.empty() && (upload.algorithm.empty() || upload.full_object)) return std::nullopt;
    const auto actual = given.empty() ? "null" : given.front().first.substr(sum_prefix.size());
    if (actual == upload.algorithm) return std::nullopt;
    return bad_request(
        "Checksum Type mismatch occurred, expected checksum Type: " +
        (upload.algorithm.empty() ? "null" : upload.algorithm) + ", actual checksum Type: " + actual
    );
}

std::optional<std::vector<listed_part>> read_part_list(const std::string& document) {
    const auto root = parse_xml(document);
    if (!root || root->name != "CompleteMultipartUpload") return std::nullopt;
    std::vector<listed_part> out;
    for (const auto& node : root->children) {
        const auto* number = node.child("PartNumber");
        const auto* etag = node.child("ETag");
        if (node.name != "Part" || number == nullptr || etag == nullptr) return std::nullopt;
        const auto value = parse_number(number->text);
        if (!value || *value < 1 || *value > most_parts) return std::nullopt;
        listed_part part{static_cast<unsigned>(*value), etag->text, {}, {}};
        for (const auto& child : node.children) {
            if (!child.name.starts_with("Checksum")) continue;
            part.checksum_tag = child.name;
            part.checksum = child.text;
        }
        out.push_back(std::move(part));
    }
    if (out.empty() || out.size() > most_parts) return std::nullopt;
    return out;
}

refusal wrong_part(const route& where, const listed_part& part) {
    return refuse(
        400,
        "InvalidPart",
        {{"UploadId", *where.parameter("uploadId")},
         {"PartNumber", std::to_string(part.number)},
         {"ETag", part.etag}}
    );
}

// What one line of the list says against the part that is there.
std::optional<refusal>
check_part(const route& where, const open_upload& upload, const listed_part& line) {
    const auto found = upload.parts.find(line.number);
    if (found == upload.parts.end()) return wrong_part(where, line);
    const auto& etag = found->second.etag;
    if (line.etag != etag && line.etag != etag.substr(1, etag.size() - 2)) {
        return wrong_part(where, line);
    }
    if (line.checksum_tag.empty()) {
        if (upload.algorithm.empty() || upload.full_object) return std::nullopt;
        return bad_request(
            "The upload was created using a " + upload.algorithm +
            " checksum. The complete request must include the checksum for each part. It was "
            "missing for part " +
            std::to_string(line.number) + " in the request."
        );
    }
    const bool same = line.checksum_tag == checksum_element(upload.algorithm) &&
                      line.checksum == found->second.checksum;
    return same ? std::nullopt : std::optional{wrong_part(where, line)};
}

std::optional<refusal> check_sizes(
    const upload_limits& limits, const open_upload& upload, const std::vector<listed_part>& list
) {
    const auto size_of = [&](const listed_part& line) {
        return upload.parts.at(line.number).data.size();
    };
    const auto first = size_of(list.front());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto size = size_of(list[i]);
        const bool last = i + 1 == list.size();
        if (!last && size < limits.smallest_part) {
            const auto& etag = upload.parts.at(list[i].number).etag;
            return refuse(
                400,
                "EntityTooSmall",
                {{"ProposedSize", std::to_string(size)},
                 {"MinSizeAllowed", std::to_string(limits.smallest_part)},
                 {"PartNumber", std::to_string(list[i].number)},
                 {"ETag", etag.substr(1, etag.size() - 2)}}
            );
        }
        if (limits.uniform_parts && (last ? size > first : size != first)) {
            return refuse_with(
                400, "InvalidPart", "All non-trailing parts must have the same length."
            );
        }
    }
    return std::nullopt;
}

std::optional<refusal> check_list(
    const route& where,
    const upload_limits& limits,
    const open_upload& upload,
    const std::vector<listed_part>& list
) {
    const bool composite = !upload.algorithm.empty() && !upload.full_object;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const bool ascending = i == 0 || list[i].number > list[i - 1].number;
        if (!ascending || (composite && list[i].number != i + 1)) {
            return refuse_with(
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number.",
                {{"UploadId", *where.parameter("uploadId")}}
            );
        }
    }
    for (const auto& line : list) {
        if (auto why = check_part(where, upload, line)) return why;
    }
    return check_sizes(limits, upload, list);
}

// Data, ETag, part sizes and checksum of the object that the listed parts make.
std::shared_ptr<stored_object>
assemble(const open_upload& upload, const std::vector<listed_part>& list) {
    auto out = std::make_shared<stored_object>(upload.attributes);
    std::string digests;
    std::string sums;
    for (const auto& line : list) {
        const auto& part = upload.parts.at(line.number);
        out->data.append(part.data);
        digests += md5(part.data.pieces());
        sums += from_base64(part.checksum).value_or("");
        out->parts.push_back(part.data.size());
    }
    const auto count = "-" + std::to_string(list.size());
    out->etag = "\"" + to_hex(md5(digests)) + count + "\"";
    const bool composite = !upload.algorithm.empty() && !upload.full_object;
    const auto algorithm = upload.algorithm.empty() ? "crc64nvme" : upload.algorithm;
    const auto sum =
        composite ? amz_checksum(algorithm, sums) : amz_checksum(algorithm, out->data.pieces());
    out->checksums.emplace_back(
        "x-amz-checksum-" + algorithm, sum.value_or("") + (composite ? count : "")
    );
    out->checksums.emplace_back("x-amz-checksum-type", composite ? "COMPOSITE" : "FULL_OBJECT");
    return out;
}

// What the request to complete says of the object as a whole.
std::optional<refusal>
check_promises(const header_list& headers, const open_upload& upload, const stored_object& object) {
    for (const auto& [name, value] : headers) {
        const auto lower = lower_case(name);
        if (!lower.starts_with(sum_prefix) || lower == "x-amz-checksum-algorithm") continue;
        const auto* actual = find_header(object.checksums, lower);
        if (actual != nullptr && *actual == value) continue;
        if (lower == "x-amz-checksum-type") {
            return bad_request(
                "The upload was created using the " + object.checksums.back().second +
                " checksum mode. The complete request must use the same checksum mode."
            );
        }
        const auto algorithm = lower.substr(sum_prefix.size());
        if (actual == nullptr) {
            return bad_request(
                "Checksum Type mismatch occurred, expected checksum Type: " +
                (upload.algorithm.empty() ? "null" : upload.algorithm) +
                ", actual checksum Type: " + algorithm
            );
        }
        return refuse_with(
            400,
            "BadDigest",
            "The " + algorithm + " you specified did not match the calculated checksum."
        );
    }
    const auto size = std::to_string(object.data.size());
    const auto promised = header_or(headers, "x-amz-mp-object-size", size);
    if (promised == size) return std::nullopt;
    return bad_request(
        "The provided 'x-amz-mp-object-size' header value " + promised +
        " does not match what was computed: " + size
    );
}

// x-amz-copy-source-range: both ends must be there and within the source.
std::optional<refusal>
select_source(const std::string& text, std::size_t size, std::size_t& first, std::size_t& count) {
    static constexpr std::string_view unit = "bytes=";
    const auto spec = text.starts_with(unit) ? text.substr(unit.size()) : std::string{};
    const auto dash = spec.find('-');
    const auto from = parse_number(std::string_view{spec}.substr(0, dash));
    const auto to = dash == std::string::npos
                        ? std::nullopt
                        : parse_number(std::string_view{spec}.substr(dash + 1));
    const header_list details{{"ArgumentName", "x-amz-copy-source-range"}, {"ArgumentValue", text}};
    if (!from || !to || *to < *from) {
        return refuse_with(
            400,
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
            details
        );
    }
    if (*to >= size) {
        return refuse_with(
            400,
            "InvalidArgument",
            "Range specified is not valid for source object of size: " + std::to_string(size),
            details
        );
    }
    first = *from;
    count = *to - *from + 1;
    return std::nullopt;
}

} // namespace

std::string upper_case(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    }
    return text;
}

std::string checksum_element(const std::string& algorithm) {
    return "Checksum" + upper_case(algorithm);
}

std::string upload_store::next_id() {
    const std::lock_guard lock{mutex_};
    const auto number = ++ids_;
    std::string order = "00000000";
    for (auto [i, rest] = std::pair{order.size(), number}; i-- > 0; rest /= 10)
        order[i] = static_cast<char>('0' + rest % 10);
    // Other services have such characters in it: a client must encode them in the query.
    return order + "+/" + to_base64(sha256("upload " + order).substr(0, 16));
}

std::vector<upload_view> upload_store::views() {
    const std::lock_guard lock{mutex_};
    std::vector<upload_view> out;
    for (const auto& [name, upload] : uploads_) {
        const auto& [bucket, key, id] = name;
        auto& view = out.emplace_back(upload_view{bucket, key, id, {}});
        for (const auto& [number, part] : upload.parts)
            view.parts.push_back(number);
    }
    return out;
}

upload_name name_of_upload(const route& where) {
    const auto* id = where.parameter("uploadId");
    return {where.bucket, where.key, id != nullptr ? *id : std::string{}};
}

refusal no_such_upload(const route& where) {
    return refuse(404, "NoSuchUpload", {{"UploadId", std::get<2>(name_of_upload(where))}});
}

reply s3_service::upload_request(
    const request& message, const route& where, const std::string& data
) {
    const bool begins = where.parameter("uploads") != nullptr;
    if (message.method == "POST") {
        return begins ? create_upload(message, where) : complete_upload(message, where, data);
    }
    if (!begins && message.method == "GET") return list_parts(where);
    if (!begins && message.method == "DELETE") return abort_upload(where);
    if (!begins && message.method == "PUT") {
        const auto* source = find_header(message.headers, "x-amz-copy-source");
        return source != nullptr ? copy_part(message, where, *source)
                                 : put_part(message, where, data);
    }
    return error_reply(405, "MethodNotAllowed", where, message.method == "HEAD");
}

reply s3_service::create_upload(const request& message, const route& where) {
    open_upload upload;
    auto why = read_metadata(message.headers, upload.attributes);
    if (!why) why = read_placement(message.headers, upload.attributes);
    if (!why) why = read_algorithm(message.headers, upload);
    if (why) return error_reply(*why, where, false);
    upload.attributes.tags = header_or(message.headers, "x-amz-tagging", "");
    upload.started = now();
    const auto id = uploads_.next_id();
    auto text = open_document("InitiateMultipartUploadResult");
    xml_element(text, "Bucket", where.bucket);
    xml_element(text, "Key", where.key);
    xml_element(text, "UploadId", id);
    auto out = text_reply(200, text + "</InitiateMultipartUploadResult>");
    if (!upload.algorithm.empty()) {
        out.headers.emplace_back("x-amz-checksum-algorithm", upper_case(upload.algorithm));
        out.headers.emplace_back(
            "x-amz-checksum-type", upload.full_object ? "FULL_OBJECT" : "COMPOSITE"
        );
    }
    add_placement(out.headers, upload.attributes, false);
    uploads_.with([&](upload_map& uploads) {
        return uploads.emplace(upload_name{where.bucket, where.key, id}, std::move(upload)).second;
    });
    return out;
}

// `given`: the verified checksums of a part that was sent; null for a copied one.
std::optional<refusal> s3_service::keep_part(
    const request& message,
    const route& where,
    const header_list* given,
    upload_part& part,
    stored_object& of
) {
    unsigned number = 0;
    if (auto why = read_part_number(where, number)) return why;
    if (part.data.size() > upload_limits_.largest_write) return refuse(400, "EntityTooLarge");
    part.etag = "\"" + to_hex(md5(part.data.pieces())) + "\"";
    part.modified = now();
    return uploads_.with([&](upload_map& uploads) -> std::optional<refusal> {
        const auto found = uploads.find(name_of_upload(where));
        if (found == uploads.end()) return no_such_upload(where);
        auto& upload = found->second;
        if (given != nullptr) {
            if (auto why = fits(upload, *given)) return why;
        }
        of = upload.attributes;
        if (auto why = check_customer_key(message.headers, customer_prefix, of)) return why;
        part.checksum = amz_checksum(upload.algorithm, part.data.pieces()).value_or("");
        if (!upload.algorithm.empty())
            of.checksums = {{checksum_element(upload.algorithm), part.checksum}};
        upload.parts[number] = part;
        return std::nullopt;
    });
}

reply s3_service::put_part(const request& message, const route& where, const std::string& data) {
    if (find_header(message.headers, "content-length") == nullptr &&
        find_header(message.headers, "x-amz-decoded-content-length") == nullptr) {
        return error_reply(411, "MissingContentLength", where, false);
    }
    upload_part part;
    part.data = object_bytes(data);
    header_list given;
    bool any = false;
    stored_object of;
    auto why = check_digests(message.headers, part.data, given, any);
    if (!why) why = keep_part(message, where, &given, part, of);
    if (why) return error_reply(*why, where, false);
    auto out = text_reply(200, "");
    remove_header(out.headers, "Content-Type");
    out.headers.emplace_back("ETag", part.etag);
    for (const auto& checksum : given)
        out.headers.push_back(checksum);
    add_placement(out.headers, of, false);
    return out;
}

reply s3_service::copy_part(const request& message, const route& where, const std::string& source) {
    object_ptr origin;
    if (auto refused = find_source(message, where, source, origin)) return *refused;
    std::size_t first = 0;
    std::size_t count = origin->data.size();
    std::optional<refusal> why;
    if (const auto* range = find_header(message.headers, "x-amz-copy-source-range")) {
        why = select_source(*range, origin->data.size(), first, count);
    }
    upload_part part;
    stored_object of;
    if (!why) {
        part.data = origin->data.part(first, count);
        why = keep_part(message, where, nullptr, part, of);
    }
    if (why) return error_reply(*why, where, false);
    auto text = open_document("CopyPartResult");
    xml_element(text, "LastModified", iso_date(part.modified));
    xml_element(text, "ETag", part.etag);
    for (const auto& [name, value] : of.checksums)
        xml_element(text, name, value);
    auto out = text_reply(200, text + "</CopyPartResult>");
    add_placement(out.headers, of, false);
    return out;
}

reply s3_service::complete_upload(
    const request& message, const route& where, const std::string& data
) {
    header_list body_digests;
    bool any = false;
    if (const auto* md5_sum = find_header(message.headers, "content-md5")) {
        // The checksums are of the object; only this one is of the list.
        const header_list sent{{"content-md5", *md5_sum}};
        const auto why = check_digests(sent, object_bytes(data), body_digests, any);
        if (why) return error_reply(*why, where, false);
    }
    const auto list = read_part_list(data);
    std::shared_ptr<stored_object> object;
    const auto why = uploads_.with([&](upload_map& uploads) -> std::optional<refusal> {
        const auto found = uploads.find(name_of_upload(where));
        if (found == uploads.end()) return no_such_upload(where);
        if (!list) return refuse(400, "MalformedXML");
        const auto& upload = found->second;
        if (auto refused = check_list(where, upload_limits_, upload, *list)) return refused;
        object = assemble(upload, *list);
        object->modified = now();
        if (auto refused = check_promises(message.headers, upload, *object)) return refused;
        auto refused =
            buckets_.with(where.bucket, [&](object_map* objects) -> std::optional<refusal> {
                if (objects == nullptr) return refuse(404, "NoSuchBucket");
                const auto present = objects->find(where.key);
                const auto* old = present == objects->end() ? nullptr : present->second.get();
                if (auto failed = write_condition(message.headers, old)) return failed;
                keep(*objects, where, object);
                return std::nullopt;
            });
        if (!refused) uploads.erase(found);
        return refused;
    });
    if (why) return error_reply(*why, where, false);
    auto text = open_document("CompleteMultipartUploadResult");
    xml_element(text, "Location", "http://localhost/" + where.bucket + "/" + where.key);
    xml_element(text, "Bucket", where.bucket);
    xml_element(text, "Key", where.key);
    xml_element(text, "ETag", object->etag);
    const auto& [sum_name, sum] = object->checksums.front();
    xml_element(text, checksum_element(sum_name.substr(sum_prefix.size())), sum);
    xml_element(text, "ChecksumType", object->checksums.back().second);
    auto out = text_reply(200, text + "</CompleteMultipartUploadResult>");
    if (!object->version.empty()) out.headers.emplace_back("x-amz-version-id", object->version);
    return out;
}

reply s3_service::abort_upload(const route& where) {
    const bool was_there = uploads_.with([&](upload_map& uploads) {
        return uploads.erase(name_of_upload(where)) > 0;
    });
    if (!was_there) return error_reply(no_such_upload(where), where, false);
    reply out;
    out.status = 204;
    out.bodiless = true;
    return out;
}

} // namespace blobstore::fakes
