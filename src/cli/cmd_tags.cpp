// SPDX-License-Identifier: Apache-2.0
// The verb tags: prints the tags of an object, or replaces them.
#include "cli/commands.h"

#include <algorithm>
#include <vector>

namespace blobstore::cli {

namespace {

object_handle get_tags(session& with, const object_ref& object) {
    object_handle info;
    error_handle error;
    const blobstore_status status = blobstore_tags_get(
        object.store.get(),
        object.key.data(),
        object.key.size(),
        nullptr,
        with.call(),
        out_handle(info),
        out_handle(error)
    );
    check(status, error);
    return info;
}

void set_tags(session& with, const object_ref& object, const std::vector<blobstore_kv>& tags) {
    error_handle error;
    const blobstore_status status = blobstore_tags_set(
        object.store.get(),
        object.key.data(),
        object.key.size(),
        tags.data(),
        tags.size(),
        nullptr,
        with.call(),
        out_handle(error)
    );
    check(status, error);
}

std::string json_of(const blobstore_kv* tags, std::size_t n) {
    json_object all;
    for (std::size_t i = 0; i < n; ++i) {
        all.text(to_view(tags[i].key), to_view(tags[i].value));
    }
    return all.str();
}

void print_tags(session& with, const object_ref& object) {
    const object_handle info = get_tags(with, object);
    auto view = make_struct<blobstore_object_view>();
    blobstore_object_get(info.get(), &view);
    std::vector<blobstore_kv> tags(view.tags, view.tags + view.tags_len);
    std::sort(tags.begin(), tags.end(), [](const blobstore_kv& a, const blobstore_kv& b) {
        return to_view(a.key) < to_view(b.key); // services have no order, or any
    });
    if (with.args().json) {
        json_object line;
        line.text("url", object.url).raw("tags", json_of(tags.data(), tags.size()));
        with.out().line(line.str());
        return;
    }
    for (const blobstore_kv& tag : tags) {
        with.out().line(printable(to_view(tag.key)) + "=" + printable(to_view(tag.value)));
    }
}

void replace_tags(session& with, const object_ref& object) {
    std::vector<blobstore_kv> tags;
    for (const auto& [name, value] : with.args().tags) {
        tags.push_back({to_str(name), to_str(value)});
    }
    set_tags(with, object, tags);
    if (with.args().json) {
        json_object line;
        line.text("operation", "tag").text("source", object.url);
        line.raw("tags", json_of(tags.data(), tags.size())).boolean("success", true);
        with.out().line(line.str());
    } else if (with.args().verbose > 0) {
        with.out().line("tag " + printable(object.url));
    }
}

} // namespace

void run_tags(session& with) {
    const bool sets = with.args().action == "set";
    if (!sets && !with.args().tags.empty()) {
        throw usage_error("tags get takes one URL; tags set takes NAME=VALUE behind it");
    }
    for_each_target(with, [&](const std::string& target) {
        const object_ref object = with.object_in_store(session::object_argument(target));
        sets ? replace_tags(with, object) : print_tags(with, object);
    });
}

} // namespace blobstore::cli
