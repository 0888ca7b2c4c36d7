// SPDX-License-Identifier: Apache-2.0
// Buckets, and one page of a listing in byte order with prefix, delimiter and resume token.
#include "fakes/object_map.h"

#include "fakes/digests.h"

namespace blobstore::fakes {

namespace {

object_map::const_iterator behind_prefix(const object_map& objects, std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF)
        prefix.pop_back();
    if (prefix.empty()) return objects.end();
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1U);
    return objects.lower_bound(prefix);
}

// A token is the last item's kind and name; base64 makes it need encoding in a query.
std::string make_token(char kind, const std::string& name) {
    return to_base64(kind + name);
}

object_map::const_iterator
later(const object_map& objects, object_map::const_iterator a, object_map::const_iterator b) {
    if (a == objects.end() || b == objects.end()) return objects.end();
    return a->first < b->first ? b : a;
}

} // namespace

listing list_objects(const object_map& objects, const listing_request& query) {
    listing out;
    auto at = objects.lower_bound(query.prefix);
    if (query.token) {
        const auto token = from_base64(*query.token);
        out.bad_token = !token || token->size() < 2 || ((*token)[0] != 'k' && (*token)[0] != 'p');
        if (out.bad_token) return out;
        const auto name = token->substr(1);
        at = later(
            objects,
            at,
            (*token)[0] == 'k' ? objects.upper_bound(name) : behind_prefix(objects, name)
        );
    } else if (!query.start_after.empty()) {
        at = later(objects, at, objects.upper_bound(query.start_after));
    }
    std::string last;
    while (at != objects.end() && at->first.starts_with(query.prefix)) {
        if (out.objects.size() + out.prefixes.size() >= query.max_keys) {
            out.truncated = query.max_keys > 0;
            out.next_token = last;
            return out;
        }
        const auto found = query.delimiter.empty()
                               ? std::string::npos
                               : at->first.find(query.delimiter, query.prefix.size());
        if (found == std::string::npos) {
            out.objects.emplace_back(at->first, at->second);
            last = make_token('k', at->first);
            ++at;
        } else {
            auto common = at->first.substr(0, found + query.delimiter.size());
            last = make_token('p', common);
            at = behind_prefix(objects, common);
            out.prefixes.push_back(std::move(common));
        }
    }
    return out;
}

bool bucket_map::create(const std::string& bucket) {
    const std::lock_guard lock{mutex_};
    return buckets_.try_emplace(bucket).second;
}

bool bucket_map::exists(const std::string& bucket) const {
    const std::lock_guard lock{mutex_};
    return buckets_.contains(bucket);
}

bucket_map::removal bucket_map::remove(const std::string& bucket) {
    const std::lock_guard lock{mutex_};
    const auto found = buckets_.find(bucket);
    if (found == buckets_.end()) return removal::missing;
    if (!found->second.empty()) return removal::not_empty;
    buckets_.erase(found);
    return removal::done;
}

std::vector<std::string> bucket_map::names() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> out;
    for (const auto& [name, objects] : buckets_)
        out.push_back(name);
    return out;
}

} // namespace blobstore::fakes
