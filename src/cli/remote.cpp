// SPDX-License-Identifier: Apache-2.0
// The library's calls as the verbs use them: on an object_ref or a folder_ref, failures thrown.
#include "cli/remote.h"

#include <array>
#include <vector>

namespace blobstore::cli {

namespace {

constexpr std::size_t chunk_size = std::size_t{256} * 1024;

blobstore_status
head_status(session& with, const object_ref& object, object_handle& info, error_handle& error) {
    if (object.store) {
        return blobstore_head(
            object.store.get(),
            object.key.data(),
            object.key.size(),
            nullptr,
            with.call(),
            out_handle(info),
            out_handle(error)
        );
    }
    return blobstore_head_url(
        with.client(),
        object.url.data(),
        object.url.size(),
        nullptr,
        with.call(),
        out_handle(info),
        out_handle(error)
    );
}

reader_handle
open_reader(session& with, const object_ref& object, const blobstore_get_options* options) {
    reader_handle reader;
    error_handle error;
    blobstore_status status = BLOBSTORE_OK;
    if (object.store) {
        status = blobstore_reader_open(
            object.store.get(),
            object.key.data(),
            object.key.size(),
            options,
            with.call(),
            out_handle(reader),
            out_handle(error)
        );
    } else {
        status = blobstore_reader_open_url(
            with.client(),
            object.url.data(),
            object.url.size(),
            options,
            with.call(),
            out_handle(reader),
            out_handle(error)
        );
    }
    check(status, error);
    return reader;
}

} // namespace

blobstore_object_view view_of(const blobstore_object* object) {
    auto view = make_struct<blobstore_object_view>();
    if (object != nullptr) {
        blobstore_object_get(object, &view);
    }
    return view;
}

object_handle head(session& with, const object_ref& object) {
    object_handle info;
    error_handle error;
    const blobstore_status status = head_status(with, object, info, error);
    check(status, error);
    return info;
}

std::optional<object_handle> try_head(session& with, const object_ref& object) {
    object_handle info;
    error_handle error;
    const blobstore_status status = head_status(with, object, info, error);
    if (status == BLOBSTORE_E_NOT_FOUND || status == BLOBSTORE_E_NOT_A_FILE) {
        return std::nullopt;
    }
    check(status, error);
    return info;
}

void remove(session& with, const object_ref& object) {
    error_handle error;
    blobstore_status status = BLOBSTORE_OK;
    if (object.store) {
        status = blobstore_delete(
            object.store.get(), object.key.data(), object.key.size(), with.call(), out_handle(error)
        );
    } else {
        status = blobstore_delete_url(
            with.client(), object.url.data(), object.url.size(), with.call(), out_handle(error)
        );
    }
    check(status, error);
}

void prove(session& with, const location& where, std::uint32_t what) {
    const object_ref object = with.object_in_store(where);
    if (blobstore_store_supports(object.store.get(), what) >= 0) {
        return;
    }
    error_handle error;
    const blobstore_status status =
        blobstore_store_probe(object.store.get(), with.call(), out_handle(error));
    check(status, error);
}

object_ref removable(session& with, const location& where) {
    const std::size_t slash = where.raw_key.rfind('/');
    if (where.scheme != "file" || where.is_folder() || slash == std::string::npos) {
        return with.object(where);
    }
    const std::size_t length = where.text.size() - where.raw_key.size() + slash;
    const folder_ref parent = with.folder(parse_location(where.text.substr(0, length)));
    return {parent.store, base_name(where.key), where.text};
}

void stream(
    session& with,
    const object_ref& object,
    const blobstore_get_options* options,
    const std::function<void(std::string_view)>& each
) {
    const reader_handle reader = open_reader(with, object, options);
    std::vector<char> chunk(chunk_size);
    for (;;) {
        std::size_t n = 0;
        error_handle error;
        const blobstore_status status =
            blobstore_reader_read(reader.get(), chunk.data(), chunk.size(), &n, out_handle(error));
        check(status, error);
        if (n == 0) {
            return;
        }
        each(std::string_view(chunk.data(), n));
    }
}

void stream_to(
    session& with,
    const object_ref& object,
    const blobstore_get_options* options,
    int fd,
    const std::string& name
) {
    stream(with, object, options, [&](std::string_view bytes) { write_all(fd, bytes, name); });
}

bool page_circle::closes(const std::string& token) {
    if (token == kept_) {
        return true;
    }
    if (++seen_ == until_) {
        kept_ = token;
        seen_ = 0;
        until_ *= 2;
    }
    return false;
}

namespace {

using list_call = decltype(&blobstore_list);

/// All pages of a listing of any kind; `options` without a token.
void list_pages(
    session& with,
    const folder_ref& folder,
    list_call call,
    blobstore_list_options options,
    const std::function<bool(const blobstore_object_view&)>& visit
) {
    std::array<blobstore_object_view, 64> views{};
    std::string token;
    page_circle circle;
    do {
        options.page_token = to_str(token);
        page_handle page;
        error_handle error;
        const blobstore_status status =
            call(folder.store.get(), &options, with.call(), out_handle(page), out_handle(error));
        check(status, error);
        const std::size_t total = blobstore_page_len(page.get());
        for (std::size_t first = 0; first < total;) {
            for (blobstore_object_view& view : views) {
                view = make_struct<blobstore_object_view>();
            }
            const std::size_t n = blobstore_page_get(
                page.get(), first, views.data(), sizeof(blobstore_object_view), views.size()
            );
            for (std::size_t i = 0; i < n; ++i) {
                if (!visit(views[i])) {
                    return;
                }
            }
            first += n;
            if (n == 0) {
                break;
            }
        }
        std::size_t length = 0;
        const char* next = blobstore_page_token(page.get(), &length);
        token = next == nullptr ? std::string() : std::string(next, length);
        if (!token.empty() && circle.closes(token)) {
            throw failure(
                exit_code::failed,
                "the list of \"" + std::string(to_view(options.prefix)) +
                    "\" goes round in a circle: the service repeats its pages"
            );
        }
    } while (!token.empty());
}

} // namespace

void list(
    session& with,
    const folder_ref& folder,
    const std::string& prefix,
    const std::string& delimiter,
    const std::function<bool(const blobstore_object_view&)>& visit,
    std::uint32_t flags
) {
    auto options = make_struct<blobstore_list_options>();
    options.flags = flags;
    options.prefix = to_str(prefix);
    options.delimiter = to_str(delimiter);
    list_pages(with, folder, &blobstore_list, options, visit);
}

void list_uploads(
    session& with,
    const folder_ref& folder,
    const std::function<bool(const blobstore_object_view&)>& visit
) {
    auto options = make_struct<blobstore_list_options>();
    options.prefix = to_str(folder.prefix);
    list_pages(with, folder, &blobstore_uploads_list, options, visit);
}

std::optional<std::string> metadata_of(const blobstore_object_view& view, std::string_view name) {
    for (std::size_t i = 0; i < view.metadata_len; ++i) {
        if (to_view(view.metadata[i].key) == name) {
            return std::string(to_view(view.metadata[i].value));
        }
    }
    return std::nullopt;
}

} // namespace blobstore::cli
