// SPDX-License-Identifier: Apache-2.0
// Records and parts of uploads as files; completing joins the parts into the object's file.
#include "backends/file/uploads.h"

#include "async/random.h"
#include "backends/file/bytes.h"
#include "base/checksum.h"
#include "base/encoding.h"
#include "store/state_text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <limits>
#include <unistd.h>

namespace blobstore::file {

namespace {

constexpr std::string_view record_kind = "bsf1.";
constexpr std::string_view parts_ending = ".parts";
constexpr std::size_t id_size = 16;
constexpr std::size_t largest_record = std::size_t{16} << 20;
constexpr std::uint64_t step_size = std::uint64_t{16} << 20; ///< joined between two looks at cancel
constexpr int races_borne = 100; ///< with others that remove what is empty
constexpr int as_folder = O_RDONLY | O_DIRECTORY;

const std::string& uploads_folder() {
    static const std::string name = std::string(own_prefix) + "uploads";
    return name;
}

std::string record_path(const std::string& id) {
    return uploads_folder() + '/' + id;
}

std::string parts_path(const std::string& id) {
    return record_path(id) + std::string(parts_ending);
}

bool is_id(std::string_view text) {
    return text.size() == id_size &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_missing(const error& e) {
    return e->os_error == ENOENT || e->os_error == ENOTDIR;
}

error no_such_upload() {
    return error(
        errc::upload_not_found, "no such upload: it was completed or aborted, or never begun"
    );
}

error malformed(const std::string& id) {
    error e(errc::corrupt, "the record of an upload is malformed");
    e->hint =
        "remove " + record_path(id) + " in or above the folder of the object, and begin again";
    return e;
}

error bad_part(std::uint32_t number, const char* why) {
    return error(errc::invalid_argument, "part " + std::to_string(number) + why);
}

std::optional<std::uint32_t> number_of(const std::string& name) {
    std::uint32_t number = 0;
    const char* end = name.data() + name.size();
    const std::from_chars_result read = std::from_chars(name.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

/// What stands in a record.
struct known_upload {
    open_upload what;
    kept_attributes set;
    std::int64_t begun_ns = 0;
};

wiping_string encode_record(const open_upload& what, const put_options& options) {
    name_values fields = fields_of(what);
    const wiped_at_end wiped(fields);
    fields.emplace_back("attributes", encode_attributes({options.set, options.tags}));
    return encode_state(record_kind, fields);
}

/// errc::upload_not_found where none stands.
result<known_upload> read_record(int root, const std::string& id, resolution how) {
    if (!is_id(id)) return no_such_upload();
    result<descriptor> file = open_beneath(root, record_path(id), O_RDONLY, how);
    if (!file && is_missing(file.error())) return no_such_upload();
    if (!file) return file.error();
    result<file_facts> facts = facts_of(file->get());
    if (!facts) return facts.error();
    if (facts->kind != file_kind::regular || facts->size > largest_record) return malformed(id);
    wiping_string text(facts->size, '\0');
    result<std::size_t> got = read_at(file->get(), text, 0);
    if (!got) return got.error();
    text.resize(*got);
    result<name_values> fields = decode_state(record_kind, text);
    if (!fields) return malformed(id);
    const wiped_at_end wiped(*fields);
    result<open_upload> what = upload_of(*fields);
    if (!what) return malformed(id);
    result<kept_attributes> set = decode_attributes(field_of(*fields, "attributes"));
    if (!set) return malformed(id);
    what->id = id;
    return known_upload{std::move(*what), std::move(*set), facts->modified_ns};
}

result<known_upload> find_upload(int root, const open_upload& which, resolution how) {
    result<known_upload> found = read_record(root, which.id, how);
    if (found && found->what.key != which.key) return no_such_upload();
    return found;
}

/// Where the record and the parts of an upload are: in the deepest folder of the key's path that
/// stood when it was begun, on the disk and with the rights of the object to come. For whoever has
/// another root the same upload has another key and id.
struct home {
    descriptor folder;
    std::size_t depth = 0; ///< of the folder below the root
    open_upload what;      ///< with key and id as they are in this folder
};

/// The first `depth` components of the key, and what follows them; nullopt where it has no more.
std::optional<std::pair<std::string, std::string>> cut(const std::string& key, std::size_t depth) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < depth; ++i) {
        const std::size_t slash = key.find('/', end);
        if (slash == std::string::npos) return std::nullopt;
        end = slash + 1;
    }
    return std::pair(key.substr(0, end == 0 ? 0 : end - 1), key.substr(end));
}

std::string id_below(const std::string& id, std::size_t depth) {
    return id + '-' + std::to_string(depth);
}

/// errc::upload_not_found where it cannot be.
result<home> find_home(int root, const open_upload& which, resolution how) {
    const std::size_t dash = which.id.find('-');
    if (dash == std::string::npos) return no_such_upload();
    const std::optional<std::uint32_t> depth = number_of(which.id.substr(dash + 1));
    const auto parts = depth ? cut(which.key, *depth) : std::nullopt;
    if (!parts) return no_such_upload();
    result<descriptor> folder = open_beneath(root, parts->first, as_folder, how);
    if (!folder && is_missing(folder.error())) return no_such_upload();
    if (!folder) return folder.error();
    home at{std::move(*folder), *depth, which};
    at.what.key = parts->second;
    at.what.id = which.id.substr(0, dash);
    return at;
}

result<home> new_home(int root, const std::string& key, resolution how) {
    const std::size_t most = static_cast<std::size_t>(std::count(key.begin(), key.end(), '/'));
    for (std::size_t depth = most;; --depth) {
        const auto parts = cut(key, depth);
        result<descriptor> folder = open_beneath(root, parts->first, as_folder, how);
        if (!folder && is_missing(folder.error()) && depth > 0) continue;
        if (!folder) return folder.error();
        home at{std::move(*folder), depth, {}};
        at.what.key = parts->second;
        at.what.id = hex(big_endian(random_bits()));
        return at;
    }
}

/// The id of a new one.
result<std::string> try_record(
    int root, const std::string& key, const put_options& options, const file_settings& with
) {
    result<home> at = new_home(root, key, with.how);
    if (!at) return at.error();
    at->what.when = options.when;
    result<made_folder> made = make_folders(at->folder.get(), uploads_folder(), with.how);
    if (!made) return made.error();
    result<pending_file> file = pending_file::create(std::move(made->folder), with.temporaries);
    result<void> written;
    if (!file) written = file.error();
    if (file) written = file->write(encode_record(at->what, options));
    if (written) written = file->publish(at->what.id, if_exists::refuse);
    if (written) return id_below(at->what.id, at->depth);
    prune_folders(at->folder.get(), uploads_folder(), 0, with.how);
    return written.error();
}

/// Another process that ends its last upload may take a folder away again and again.
result<std::string> write_record(
    int root, const std::string& key, const put_options& options, const file_settings& settings
) {
    result<std::string> id = try_record(root, key, options, settings);
    for (int i = 0; !id && i < races_borne; ++i) {
        if (id.error()->os_error != ENOENT && id.error()->os_error != EEXIST) break;
        id = try_record(root, key, options, settings);
    }
    return id;
}

/// Without its record nothing of an upload is anybody's.
result<void> remove_parts(int root, const std::string& id, resolution how) {
    result<descriptor> above = open_beneath(root, uploads_folder(), as_folder, how);
    if (!above && is_missing(above.error())) return {};
    if (!above) return above.error();
    const std::string name = id + std::string(parts_ending);
    for (int i = 0;; ++i) { // a part that was on its way may come between
        result<descriptor> folder = open_beneath(above->get(), name, as_folder, how);
        if (!folder && is_missing(folder.error())) return {};
        if (!folder) return folder.error();
        result<std::vector<std::string>> names = names_in(folder->get());
        if (!names) return names.error();
        for (const std::string& each : *names)
            if (::unlinkat(folder->get(), each.c_str(), 0) != 0 && errno != ENOENT)
                return os_error(errno, "cannot remove a part");
        const bool gone = ::unlinkat(above->get(), name.c_str(), AT_REMOVEDIR) == 0;
        if (gone || errno == ENOENT) return {};
        if ((errno != ENOTEMPTY && errno != EEXIST) || i == races_borne)
            return os_error(errno, "cannot remove the folder of an upload");
    }
}

/// The record first: what is killed in between has aborted the upload.
result<void> remove_upload(int root, const std::string& id, const file_settings& settings) {
    result<descriptor> folder = open_beneath(root, uploads_folder(), as_folder, settings.how);
    if (!folder && is_missing(folder.error())) return no_such_upload();
    if (!folder) return folder.error();
    if (::unlinkat(folder->get(), id.c_str(), 0) != 0) {
        if (errno == ENOENT) return no_such_upload();
        return os_error(errno, "cannot remove the record of an upload");
    }
    result<void> removed = remove_parts(root, id, settings.how);
    if (!removed) return removed;
    return sync_folders(root, {prune_folders(root, uploads_folder(), 0, settings.how)}, settings);
}

/// Of a file that stands and does not change: its receipt.
result<std::string> publish_part(std::uint32_t number, pending_file& file) {
    result<void> published = file.publish(std::to_string(number), if_exists::replace);
    if (!published) return published.error();
    result<file_facts> facts = facts_of(file.fd());
    if (!facts) return facts.error();
    return etag_of(*facts);
}

task<result<std::string>> write_part(
    operation& op,
    int root,
    const std::string& id,
    std::uint32_t number,
    const source& body,
    const file_settings& settings
) {
    result<made_folder> made = make_folders(root, parts_path(id), settings.how);
    if (!made) co_return made.error();
    result<pending_file> file = pending_file::create(std::move(made->folder), settings.temporaries);
    if (!file) co_return file.error();
    checksum none; // the receipt is of another kind
    result<void> filled;
    if (body.stream != nullptr)
        filled = co_await fill_from_stream(op, *file, body, none);
    else
        filled = fill_from_memory(op, *file, body.memory, none);
    if (filled) filled = op.check(); // the last look before the part is there
    if (!filled) co_return filled.error();
    co_return publish_part(number, *file);
}

result<std::vector<part_entry>>
parts_of(int root, const open_upload& upload, const file_settings& settings) {
    std::vector<part_entry> parts;
    result<descriptor> folder = open_beneath(root, parts_path(upload.id), as_folder, settings.how);
    if (!folder && is_missing(folder.error())) return parts;
    if (!folder) return folder.error();
    result<std::vector<std::string>> names = names_in(folder->get());
    if (!names) return names.error();
    for (const std::string& name : *names) {
        const std::optional<std::uint32_t> number = number_of(name);
        if (!number) continue; // being written
        result<file_facts> facts = facts_at(folder->get(), name);
        if (!facts && is_missing(facts.error())) continue;
        if (!facts) return facts.error();
        parts.push_back({*number, facts->size, facts->modified_ns, etag_of(*facts), {}});
    }
    std::sort(parts.begin(), parts.end(), [](const part_entry& a, const part_entry& b) {
        return a.number < b.number;
    });
    return parts;
}

struct open_part {
    descriptor file;
    std::uint64_t size = 0;
};

/// errc::invalid_argument where it is not there or not the one of the receipt.
result<open_part> find_part(int folder, const finished_part& wanted, resolution how) {
    result<descriptor> file = open_beneath(folder, std::to_string(wanted.number), O_RDONLY, how);
    if (!file && is_missing(file.error())) return bad_part(wanted.number, " was not uploaded");
    if (!file) return file.error();
    result<file_facts> facts = facts_of(file->get());
    if (!facts) return facts.error();
    if (!wanted.receipt.empty() && wanted.receipt != etag_of(*facts))
        return bad_part(wanted.number, " is not the one of this receipt");
    return open_part{std::move(*file), facts->size};
}

result<void> append_part(operation& op, pending_file& into, const open_part& part) {
    for (std::uint64_t done = 0; done < part.size;) {
        result<void> alive = op.check();
        if (!alive) return alive;
        const std::uint64_t count = std::min(step_size, part.size - done);
        result<std::uint64_t> copied =
            copy_range(into.fd(), into.size(), part.file.get(), done, count);
        if (!copied) return copied.error();
        if (*copied == 0) return error(errc::changed, "a part became shorter while it was read");
        into.count(*copied);
        done += *copied;
    }
    return {};
}

/// All receipts are looked at before the first byte moves.
result<void> join_parts(
    operation& op,
    int folder,
    const std::vector<finished_part>& parts,
    pending_file& into,
    resolution how
) {
    for (const finished_part& each : parts) {
        result<open_part> part = find_part(folder, each, how);
        if (!part) return part.error();
    }
    for (const finished_part& each : parts) {
        result<open_part> part = find_part(folder, each, how);
        if (!part) return part.error();
        result<void> appended = append_part(op, into, *part);
        if (!appended) return appended;
    }
    return {};
}

/// What a killed process left of uploads that are ended.
result<void> sweep(int root, const std::vector<std::string>& names, const file_settings& settings) {
    for (const std::string& name : names) {
        if (!name.ends_with(parts_ending)) continue;
        const std::string id = name.substr(0, name.size() - parts_ending.size());
        result<known_upload> known = read_record(root, id, settings.how);
        if (known || known.error().code() != errc::upload_not_found || !is_id(id)) continue;
        result<void> removed = remove_parts(root, id, settings.how);
        if (!removed) return removed;
    }
    prune_folders(root, uploads_folder(), 0, settings.how);
    return {};
}

std::string place_of(const known_upload& upload) {
    const std::string age = hex(big_endian(static_cast<std::uint64_t>(upload.begun_ns)));
    return upload.what.key + '\0' + age + upload.what.id;
}

/// Behind the token, by key and age.
upload_page page_of(std::vector<known_upload> all, const std::string& token) {
    std::vector<std::pair<std::string, const known_upload*>> sorted;
    for (const known_upload& each : all)
        if (std::string place = place_of(each); place > token) sorted.emplace_back(place, &each);
    std::sort(sorted.begin(), sorted.end());
    upload_page page;
    for (const auto& [place, each] : sorted) {
        if (page.uploads.size() == most_per_page) {
            page.next_token = sorted[most_per_page - 1].first;
            break;
        }
        page.uploads.push_back({each->what.key, each->what.id, each->begun_ns});
    }
    return page;
}

/// Adds those of one folder, whose path is empty or ends in a slash.
result<void> add_uploads(
    int folder,
    const std::string& path,
    const std::string& prefix,
    const file_settings& settings,
    std::vector<known_upload>& all
) {
    result<descriptor> records = open_beneath(folder, uploads_folder(), as_folder, settings.how);
    if (!records && is_missing(records.error())) return {};
    if (!records) return records.error();
    result<std::vector<std::string>> names = names_in(records->get());
    if (!names) return names.error();
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    for (const std::string& name : *names) {
        if (!is_id(name)) continue;
        result<known_upload> known = read_record(folder, name, settings.how);
        if (!known && known.error().code() == errc::upload_not_found) continue;
        if (!known) return known.error();
        known->what.key.insert(0, path);
        known->what.id = id_below(name, depth);
        if (known->what.key.starts_with(prefix)) all.push_back(std::move(*known));
    }
    return sweep(folder, *names, settings);
}

/// Of every folder that can hold a key of the prefix.
result<std::vector<known_upload>>
all_uploads(operation& op, int root, const std::string& prefix, const file_settings& settings) {
    std::vector<known_upload> all;
    std::vector<std::string> paths(1); // each empty or ending in a slash
    while (!paths.empty()) {
        const std::string path = std::move(paths.back());
        paths.pop_back();
        result<void> alive = op.check();
        if (!alive) return alive.error();
        const std::string name = path.substr(0, path.empty() ? 0 : path.size() - 1);
        result<descriptor> folder = open_beneath(root, name, as_folder, settings.how);
        if (!folder && (is_missing(folder.error()) || folder.error()->os_error == ELOOP)) continue;
        if (!folder) return folder.error();
        result<std::vector<std::string>> below = folders_in(folder->get());
        if (!below) return below.error();
        for (const std::string& each : *below) {
            const std::string deeper = path + each + '/';
            const bool fits = deeper.starts_with(prefix) || prefix.starts_with(deeper);
            if (!is_own_name(each) && fits) paths.push_back(deeper);
        }
        result<void> added = add_uploads(folder->get(), path, prefix, settings, all);
        if (!added) return added.error();
    }
    return all;
}

} // namespace

result<descriptor> upload_backend::root_for_reading() const {
    result<descriptor> root = blobstore::open_root(root_);
    if (root || root.error()->os_error != ENOENT) return root;
    return error(errc::not_found, "no such object; the root folder does not exist");
}

result<descriptor> upload_backend::root_for_writing() const {
    result<descriptor> root = blobstore::open_root(root_);
    if (root || root.error()->os_error != ENOENT) return root;
    result<void> made = make_root(root_);
    if (!made) return made.error();
    return blobstore::open_root(root_);
}

part_limits upload_backend::limits() const {
    const std::uint64_t any = std::numeric_limits<std::int64_t>::max();
    return {
        .least_part = 1, .most_part = any, .most_put = any, .most_copy = any, .most_object = any};
}

task<result<open_upload>>
upload_backend::upload_create(operation& op, const std::string& key, const put_options& options) {
    result<void> valid = check_key(key);
    if (valid) valid = op.check();
    if (!valid) co_return valid.error();
    if (!options.as.usual())
        co_return error(errc::unsupported, "files have no storage class, ACL or encryption");
    result<descriptor> root = root_for_writing();
    if (!root) co_return root.error();
    result<std::string> id = write_record(root->get(), key, options, settings_);
    if (!id) co_return id.error();
    co_return open_upload{key, std::move(*id), {}, options.when, {}, {}, {}};
}

task<result<std::string>> upload_backend::upload_part(
    operation& op, const open_upload& to, std::uint32_t number, const source& body
) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = root_for_reading();
    if (!root) co_return no_such_upload();
    result<home> at = find_home(root->get(), to, settings_.how);
    if (!at) co_return at.error();
    const int folder = at->folder.get();
    result<known_upload> found = find_upload(folder, at->what, settings_.how);
    if (!found) co_return found.error();
    result<std::string> receipt =
        co_await write_part(op, folder, at->what.id, number, body, settings_);
    result<known_upload> still = find_upload(folder, at->what, settings_.how);
    if (still || still.error().code() != errc::upload_not_found) co_return receipt;
    (void)remove_parts(folder, at->what.id, settings_.how); // it ended while this came
    prune_folders(folder, uploads_folder(), 0, settings_.how);
    co_return still.error();
}

task<result<std::vector<part_entry>>>
upload_backend::upload_list_parts(operation& op, const open_upload& of) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = root_for_reading();
    if (!root) co_return no_such_upload();
    result<home> at = find_home(root->get(), of, settings_.how);
    if (!at) co_return at.error();
    const int folder = at->folder.get();
    result<known_upload> found = find_upload(folder, at->what, settings_.how);
    if (!found) co_return found.error();
    co_return parts_of(folder, at->what, settings_);
}

task<result<object_meta>> upload_backend::
    upload_complete(operation& op, const open_upload& of, const std::vector<finished_part>& parts, std::optional<std::uint64_t>) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = root_for_reading();
    if (!root) co_return no_such_upload();
    result<home> at = find_home(root->get(), of, settings_.how);
    if (!at) co_return at.error();
    const int folder = at->folder.get();
    result<known_upload> found = find_upload(folder, at->what, settings_.how);
    if (!found) co_return found.error();
    result<descriptor> all =
        open_beneath(folder, parts_path(at->what.id), as_folder, settings_.how);
    if (!all && !is_missing(all.error())) co_return all.error();
    if (!all) co_return bad_part(parts.front().number, " was not uploaded");
    result<target> object = prepare(root->get(), of.key, settings_);
    if (!object) co_return object.error();
    result<void> joined = join_parts(op, all->get(), parts, object->file, settings_.how);
    if (joined) joined = op.check(); // the last look before the object has its name
    result<object_meta> done = error();
    if (joined)
        done = commit(root->get(), of.key, *object, found->set, of.when, settings_);
    else
        done = joined.error();
    if (!done) {
        abandon(root->get(), std::move(*object), settings_);
        result<known_upload> still = find_upload(folder, at->what, settings_.how);
        if (!still) done = still.error(); // ended meanwhile
        co_return done;
    }
    (void)remove_upload(folder, at->what.id, settings_); // the object is there in any case
    co_return done;
}

task<result<void>> upload_backend::upload_abort(operation& op, const open_upload& of) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = root_for_reading();
    if (!root) co_return no_such_upload();
    result<home> at = find_home(root->get(), of, settings_.how);
    if (!at) co_return at.error();
    const int folder = at->folder.get();
    result<known_upload> found = find_upload(folder, at->what, settings_.how);
    if (!found) co_return found.error();
    co_return remove_upload(folder, at->what.id, settings_);
}

task<result<upload_page>>
upload_backend::uploads(operation& op, const std::string& prefix, const std::string& token) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = blobstore::open_root(root_);
    if (!root && root.error()->os_error == ENOENT)
        co_return error(errc::store_not_found, "the root folder does not exist");
    if (!root) co_return root.error();
    result<std::vector<known_upload>> all = all_uploads(op, root->get(), prefix, settings_);
    if (!all) co_return all.error();
    co_return page_of(std::move(*all), token);
}

} // namespace blobstore::file
