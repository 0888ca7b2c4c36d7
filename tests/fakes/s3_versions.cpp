// SPDX-License-Identifier: Apache-2.0
// Versions of the fake S3 service: their making, finding, listing and removal.
#include "fakes/s3_versions.h"

#include "fakes/digests.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <algorithm>

namespace blobstore::fakes {

namespace {

constexpr std::string_view opening = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view space_name = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
constexpr const char* null_version = "null";

struct listed_version {
    std::string key;
    kept_version version;
    bool latest = false;
};

void write_version(std::string& out, const listed_version& one, bool encode) {
    const bool marker = !one.version.object;
    const char* const element = marker ? "DeleteMarker" : "Version";
    out.append("<").append(element).append(">");
    xml_element(out, "Key", encode ? listing_encode(one.key) : one.key);
    xml_element(out, "VersionId", one.version.id);
    xml_element(out, "IsLatest", one.latest ? "true" : "false");
    xml_element(out, "LastModified", iso_date(one.version.made));
    if (!marker) {
        xml_element(out, "ETag", one.version.object->etag);
        xml_element(out, "Size", std::to_string(one.version.object->data.size()));
        xml_element(out, "StorageClass", "STANDARD");
    }
    out.append("</").append(element).append(">");
}

// Newest first within each key.
std::vector<listed_version> all_versions(const object_map& objects, const versioned_bucket& kept) {
    std::vector<listed_version> out;
    if (kept.state == versioning::never) {
        for (const auto& [key, object] : objects)
            out.push_back({key, {null_version, object, object->modified}, true});
        return out;
    }
    for (const auto& [key, versions] : kept.keys) {
        for (auto i = versions.rbegin(); i != versions.rend(); ++i)
            out.push_back({key, *i, i == versions.rbegin()});
    }
    return out;
}

// False where the version was there and may not go.
bool may_go(const object_ptr& object, bool bypasses, std::time_t now) {
    if (!object) return true;
    if (object->legal_hold) return false;
    if (object->retain_until <= now) return true;
    return object->lock_mode == "GOVERNANCE" && bypasses;
}

} // namespace

kept_version* versioned_bucket::find(const std::string& key, const std::string& id) {
    const auto at = keys.find(key);
    if (at == keys.end()) return nullptr;
    for (auto& each : at->second) {
        if (each.id == id) return &each;
    }
    return nullptr;
}

std::string version_store::next_id() {
    return "v" + to_hex(md5("version " + std::to_string(++ids_)));
}

void version_store::forget(const std::string& bucket) {
    const std::lock_guard lock{mutex_};
    buckets_.erase(bucket);
}

void s3_service::keep(
    object_map& objects, const route& where, const std::shared_ptr<stored_object>& object
) {
    versions_.with(where.bucket, [&](versioned_bucket& bucket) {
        object->version.clear();
        if (bucket.state == versioning::never) return;
        object->version = bucket.state == versioning::on ? versions_.next_id() : null_version;
        auto& all = bucket.keys[where.key];
        std::erase_if(all, [&](const kept_version& each) { return each.id == object->version; });
        all.push_back({object->version, object, now()});
    });
    objects[where.key] = object;
}

found_version
s3_service::find_version(const std::string& bucket, const std::string& key, const std::string& id) {
    return buckets_.with(bucket, [&](object_map* objects) {
        found_version out;
        if (objects == nullptr) return out;
        const auto current = objects->find(key);
        if (current != objects->end() && (id.empty() || id == current->second->version))
            out.object = current->second;
        if (out.object) return out;
        versions_.with(bucket, [&](versioned_bucket& kept) {
            if (kept.state == versioning::never) {
                if (id == null_version && current != objects->end()) out.object = current->second;
                return;
            }
            const auto at = kept.keys.find(key);
            if (at == kept.keys.end() || at->second.empty()) return;
            const kept_version* found = id.empty() ? &at->second.back() : kept.find(key, id);
            if (found == nullptr) return;
            out.object = found->object;
            out.is_marker = !found->object;
            out.id = found->id;
        });
        return out;
    });
}

refusal s3_service::missing(const found_version& found, const route& where) {
    const auto* id = where.parameter("versionId");
    auto why = refuse(404, id != nullptr ? "NoSuchVersion" : "NoSuchKey");
    if (!found.is_marker) return why;
    why = id != nullptr ? refuse(405, "MethodNotAllowed") : refuse(404, "NoSuchKey");
    why.headers.emplace_back("x-amz-delete-marker", "true");
    why.headers.emplace_back("x-amz-version-id", found.id);
    return why;
}

object_ptr s3_service::change(const route& where, const std::function<void(stored_object&)>& how) {
    const auto* id = where.parameter("versionId");
    const auto found = find_version(where.bucket, where.key, id != nullptr ? *id : "");
    if (!found.object) return nullptr;
    auto changed = std::make_shared<stored_object>(*found.object);
    how(*changed);
    buckets_.with(where.bucket, [&](object_map* objects) {
        const auto current = objects->find(where.key);
        if (current != objects->end() && current->second->version == changed->version)
            current->second = changed;
        versions_.with(where.bucket, [&](versioned_bucket& kept) {
            if (auto* version = kept.find(where.key, changed->version)) version->object = changed;
        });
    });
    return changed;
}

// What a delete did, as headers of its answer; a refusal where a lock forbids it.
std::optional<refusal>
s3_service::drop(object_map& objects, const route& where, bool bypasses, header_list& told) {
    const auto* id = where.parameter("versionId");
    return versions_.with(where.bucket, [&](versioned_bucket& kept) -> std::optional<refusal> {
        if (kept.state == versioning::never) {
            if (id == nullptr || *id == null_version) objects.erase(where.key);
            return std::nullopt;
        }
        auto& all = kept.keys[where.key];
        if (id == nullptr) {
            const bool on = kept.state == versioning::on;
            const std::string made = on ? versions_.next_id() : null_version;
            std::erase_if(all, [&](const kept_version& each) { return each.id == made; });
            all.push_back({made, nullptr, now()});
            objects.erase(where.key);
            told = {{"x-amz-delete-marker", "true"}, {"x-amz-version-id", made}};
            return std::nullopt;
        }
        told = {{"x-amz-version-id", *id}};
        const auto* found = kept.find(where.key, *id);
        if (found == nullptr) return std::nullopt;
        if (!may_go(found->object, bypasses, now()))
            return refuse_with(
                403, "AccessDenied", "Access Denied because object protected by object lock."
            );
        if (!found->object) told.emplace_back("x-amz-delete-marker", "true");
        std::erase_if(all, [&](const kept_version& each) { return each.id == *id; });
        objects.erase(where.key);
        if (!all.empty() && all.back().object) objects[where.key] = all.back().object;
        if (all.empty()) kept.keys.erase(where.key);
        return std::nullopt;
    });
}

bool s3_service::has_versions(const std::string& bucket) {
    return versions_.with(bucket, [](const versioned_bucket& kept) { return !kept.keys.empty(); });
}

versioning s3_service::versions_of(const std::string& bucket) {
    return versions_.with(bucket, [](const versioned_bucket& kept) { return kept.state; });
}

void s3_service::forget_versions(const std::string& bucket) {
    versions_.forget(bucket);
}

// Objects that are there become versions whose id is "null".
void s3_service::turn_versions(const std::string& bucket, versioning to) {
    buckets_.with(bucket, [&](object_map* objects) {
        versions_.with(bucket, [&](versioned_bucket& kept) {
            const bool first = kept.state == versioning::never;
            kept.state = to;
            if (!first) return;
            for (auto& [key, object] : *objects) {
                auto version = std::make_shared<stored_object>(*object);
                version->version = null_version;
                object = version;
                kept.keys[key].push_back({null_version, version, object->modified});
            }
        });
    });
}

reply s3_service::versioning_request(
    const request& message, const route& where, const std::string& data
) {
    if (message.method == "PUT") {
        const auto root = parse_xml(data);
        const auto* status = root ? root->child("Status") : nullptr;
        const bool on = status != nullptr && status->text == "Enabled";
        if (status == nullptr || (!on && status->text != "Suspended"))
            return error_reply(400, "MalformedXML", where, false);
        turn_versions(where.bucket, on ? versioning::on : versioning::suspended);
        return text_reply(200, "");
    }
    const auto state =
        versions_.with(where.bucket, [](const versioned_bucket& b) { return b.state; });
    auto text = std::string{opening} + "<VersioningConfiguration" + std::string{space_name};
    if (state != versioning::never)
        xml_element(text, "Status", state == versioning::on ? "Enabled" : "Suspended");
    return text_reply(200, text + "</VersioningConfiguration>");
}

reply s3_service::list_versions(const route& where) {
    const auto text = [&](std::string_view name) {
        const auto* value = where.parameter(name);
        return value != nullptr ? *value : std::string{};
    };
    const auto prefix = text("prefix"), delimiter = text("delimiter");
    const auto after_key = text("key-marker"), after_id = text("version-id-marker");
    const auto most = std::min<std::uint64_t>(1000, parse_number(text("max-keys")).value_or(1000));
    const bool encode = text("encoding-type") == "url";
    const auto all = buckets_.with(where.bucket, [&](const object_map* objects) {
        return versions_.with(where.bucket, [&](const versioned_bucket& kept) {
            return all_versions(*objects, kept);
        });
    });
    std::string inner, last_prefix;
    std::size_t shown = 0;
    bool passed = after_id.empty(); // the version at which the page before ended
    const listed_version* last = nullptr;
    bool truncated = false;
    for (const auto& one : all) {
        if (!one.key.starts_with(prefix) || one.key < after_key) continue;
        if (one.key == after_key && after_id.empty()) continue;
        if (one.key == after_key && !passed) {
            passed = one.version.id == after_id;
            continue;
        }
        const auto end =
            delimiter.empty() ? std::string::npos : one.key.find(delimiter, prefix.size());
        const auto common =
            end == std::string::npos ? std::string{} : one.key.substr(0, end + delimiter.size());
        if (!common.empty() && (common == last_prefix || after_key.starts_with(common))) continue;
        if (shown == most) {
            truncated = true;
            break;
        }
        ++shown;
        last = &one;
        if (common.empty()) {
            write_version(inner, one, encode);
            continue;
        }
        last_prefix = common;
        inner += "<CommonPrefixes>";
        xml_element(inner, "Prefix", encode ? listing_encode(common) : common);
        inner += "</CommonPrefixes>";
    }
    auto out = std::string{opening} + "<ListVersionsResult" + std::string{space_name};
    xml_element(out, "Name", where.bucket);
    if (encode) xml_element(out, "EncodingType", "url");
    xml_element(out, "IsTruncated", truncated ? "true" : "false");
    if (truncated && last != nullptr) {
        xml_element(out, "NextKeyMarker", encode ? listing_encode(last->key) : last->key);
        xml_element(out, "NextVersionIdMarker", last->version.id);
    }
    return text_reply(200, out + inner + "</ListVersionsResult>");
}

} // namespace blobstore::fakes
