// SPDX-License-Identifier: Apache-2.0
// Retention, legal hold and the restoring of archived objects of the fake S3 service.
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

namespace blobstore::fakes {

namespace {

std::string open_root(std::string_view root) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string{root} +
           " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
}

// 2030-01-02T03:04:05Z, with or without a fraction.
std::optional<std::time_t> read_date(const std::string& text) {
    std::string digits;
    for (const char c : text.substr(0, 19)) {
        if (c != '-' && c != ':') digits += c;
    }
    return parse_amz_date(digits + "Z");
}

struct wanted_lock {
    std::string mode;
    std::time_t until = 0;
    std::string hold;
};

std::optional<wanted_lock> read_lock(const std::string& document, bool retention) {
    const auto root = parse_xml(document);
    if (!root || root->name != (retention ? "Retention" : "LegalHold")) return std::nullopt;
    wanted_lock out;
    if (!retention) {
        const auto* status = root->child("Status");
        if (status == nullptr || (status->text != "ON" && status->text != "OFF"))
            return std::nullopt;
        out.hold = status->text;
        return out;
    }
    const auto* mode = root->child("Mode");
    const auto* until = root->child("RetainUntilDate");
    if (mode == nullptr || until == nullptr) return std::nullopt;
    const auto date = read_date(until->text);
    if (!date || (mode->text != "GOVERNANCE" && mode->text != "COMPLIANCE")) return std::nullopt;
    out.mode = mode->text;
    out.until = *date;
    return out;
}

// Whether a retention may be changed to that: longer always, else in governance by who may.
bool may_change(
    const stored_object& object, const wanted_lock& to, bool bypasses, std::time_t now
) {
    if (object.retain_until <= now) return true;
    const bool longer = to.until >= object.retain_until && to.mode == object.lock_mode;
    return longer || (object.lock_mode == "GOVERNANCE" && bypasses);
}

} // namespace

reply s3_service::lock_request(
    const request& message, const route& where, const std::string& data
) {
    const bool retention = where.parameter("retention") != nullptr;
    const bool locks =
        versions_.with(where.bucket, [](const auto& bucket) { return bucket.locks; });
    if (!locks)
        return error_reply(
            refuse_with(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"),
            where,
            false
        );
    const auto* id = where.parameter("versionId");
    const auto found = find_version(where.bucket, where.key, id != nullptr ? *id : "");
    if (!found.object) return error_reply(missing(found, where), where, false);
    if (message.method == "GET") {
        if (retention ? found.object->lock_mode.empty() : !found.object->holds_told)
            return error_reply(404, "NoSuchObjectLockConfiguration", where, false);
        auto text = open_root(retention ? "Retention" : "LegalHold");
        if (retention) {
            xml_element(text, "Mode", found.object->lock_mode);
            xml_element(text, "RetainUntilDate", iso_date(found.object->retain_until));
        } else {
            xml_element(text, "Status", found.object->legal_hold ? "ON" : "OFF");
        }
        return text_reply(200, text + (retention ? "</Retention>" : "</LegalHold>"));
    }
    const auto wanted = read_lock(data, retention);
    if (!wanted) return error_reply(400, "MalformedXML", where, false);
    const bool bypasses =
        header_or(message.headers, "x-amz-bypass-governance-retention", "") == "true";
    if (retention && !may_change(*found.object, *wanted, bypasses, now()))
        return error_reply(
            refuse_with(
                403, "AccessDenied", "Access Denied because object protected by object lock."
            ),
            where,
            false
        );
    change(where, [&](stored_object& object) {
        if (retention) {
            object.lock_mode = wanted->mode;
            object.retain_until = wanted->until;
        } else {
            object.legal_hold = wanted->hold == "ON";
            object.holds_told = true;
        }
    });
    return text_reply(200, "");
}

bool s3_service::is_archived(const stored_object& object) {
    const auto storage = header_or(object.placed, "x-amz-storage-class", "");
    const bool cold = storage == "GLACIER" || storage == "DEEP_ARCHIVE";
    return cold && object.restore.find("ongoing-request=\"false\"") == std::string::npos;
}

reply s3_service::restore_request(
    const request& message, const route& where, const std::string& data
) {
    const auto root = parse_xml(data);
    const auto* days = root ? root->child("Days") : nullptr;
    if (message.method != "POST" || days == nullptr || !parse_number(days->text))
        return error_reply(400, "MalformedXML", where, false);
    const auto* id = where.parameter("versionId");
    const auto found = find_version(where.bucket, where.key, id != nullptr ? *id : "");
    if (!found.object) return error_reply(missing(found, where), where, false);
    const auto storage = header_or(found.object->placed, "x-amz-storage-class", "");
    if (storage != "GLACIER" && storage != "DEEP_ARCHIVE")
        return error_reply(
            refuse_with(
                403,
                "InvalidObjectState",
                "Restore is not allowed for the object's current storage class"
            ),
            where,
            false
        );
    if (!is_archived(*found.object)) return text_reply(200, "");
    if (!found.object->restore.empty())
        return error_reply(
            refuse_with(409, "RestoreAlreadyInProgress", "Object restore is already in progress"),
            where,
            false
        );
    change(where, [](stored_object& object) { object.restore = "ongoing-request=\"true\""; });
    return text_reply(202, "");
}

void s3_service::end_restores(const std::string& bucket) {
    std::vector<std::string> keys;
    buckets_.with(bucket, [&](const object_map* objects) {
        for (const auto& [key, object] : *objects) {
            if (!object->restore.empty()) keys.push_back(key);
        }
    });
    route where;
    where.bucket = bucket;
    for (const auto& key : keys) {
        where.key = key;
        change(where, [](stored_object& object) {
            object.restore =
                "ongoing-request=\"false\", expiry-date=\"Fri, 01 Jan 2100 00:00:00 GMT\"";
        });
    }
}

} // namespace blobstore::fakes
