// SPDX-License-Identifier: Apache-2.0
// Objects as files: names, attributes in an extended attribute or a sidecar, publishing and
// removing.
#include "backends/file/object.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace blobstore::file {

namespace {

constexpr std::size_t longest_key = 4095;
constexpr std::size_t longest_name = 255;
constexpr std::size_t largest_sidecar = std::size_t{4} << 20;
constexpr std::size_t versions_kept = 8;
constexpr int races_borne =
    1000; ///< a writer waiting for a folder's lock may find it removed again and again
constexpr int as_folder = O_RDONLY | O_DIRECTORY;
constexpr const char* xattr_name = "user.blobstore.attributes";

struct split_key {
    std::string parent, name;
};

split_key split(const std::string& key) {
    const std::size_t slash = key.rfind('/');
    if (slash == std::string::npos) return {"", key};
    return {key.substr(0, slash), key.substr(slash + 1)};
}

std::string beside(const std::string& key) {
    const split_key at = split(key);
    const std::string name = sidecar_name(at.name);
    return at.parent.empty() ? name : at.parent + "/" + name;
}

bool is_missing(const error& e) {
    return e->os_error == ENOENT || e->os_error == ENOTDIR || e->os_error == ENAMETOOLONG;
}

error no_object() {
    return error(errc::not_found, "no such object");
}

error no_plain_file() {
    return error(errc::not_a_file, "what has this name is no regular file");
}

error folder_in_the_way() {
    return error(errc::conflict, "a folder with objects has this name");
}

error named_differently() {
    return error(
        errc::conflict, "an object with another spelling has this name on this file system"
    );
}

void add_hex(std::string& out, std::uint64_t number) {
    char text[17];
    const std::to_chars_result r = std::to_chars(text, text + sizeof text, number, 16);
    if (out.size() > 1) out += '-';
    out.append(text, r.ptr);
}

struct sidecar {
    std::vector<sidecar_record> records;
    bool exists = false;
};

result<sidecar> parse_sidecar(int fd) {
    result<file_facts> facts = facts_of(fd);
    if (!facts) return facts.error();
    if (facts->kind != file_kind::regular) return sidecar{};
    if (facts->size > largest_sidecar)
        return error(errc::corrupt, "the object's sidecar is too large");
    std::string text(facts->size, '\0');
    result<std::size_t> got = read_at(fd, text, 0);
    if (!got) return got.error();
    text.resize(*got);
    result<std::vector<sidecar_record>> records = decode_sidecar(text);
    if (!records) return records.error();
    return sidecar{std::move(*records), true};
}

result<sidecar> read_sidecar(int root, const std::string& path, resolution how) {
    result<descriptor> file = open_beneath(root, path, O_RDONLY, how);
    if (!file && (is_missing(file.error()) || file.error()->os_error == ELOOP)) return sidecar{};
    if (!file) return file.error();
    return parse_sidecar(file->get());
}

/// Whether the name still leads to the file that was opened.
bool still_named(int root, const std::string& key, const file_facts& facts, resolution how) {
    result<descriptor> now = open_beneath(root, key, O_RDONLY, how);
    if (!now) return false;
    result<file_facts> there = facts_of(now->get());
    return there && there->inode == facts.inode && there->device == facts.device;
}

result<open_object> open_plain(int root, const std::string& key, resolution how) {
    result<descriptor> file = open_beneath(root, key, O_RDONLY, how);
    if (!file && is_missing(file.error())) return no_object();
    if (!file) return file.error();
    result<file_facts> facts = facts_of(file->get());
    if (!facts) return facts.error();
    if (facts->kind == file_kind::folder) return no_object();
    if (facts->kind != file_kind::regular) return no_plain_file();
    return open_object{std::move(*file), *facts, {}};
}

/// Finds the attributes of exactly the version that is open; false where the name moved on to
/// another meanwhile.
result<bool>
find_attributes(int root, const std::string& key, const file_settings& settings, open_object& of) {
    bool sidecars = settings.attributes == attribute_place::sidecar;
    if (!sidecars) {
        result<xattr_value> stored = get_xattr(of.file.get(), xattr_name);
        if (!stored) return stored.error();
        sidecars = !stored->supported;
        if (stored->value) {
            result<kept_attributes> set = decode_attributes(*stored->value);
            if (!set) return set.error();
            of.set = std::move(*set);
            return true;
        }
    }
    result<sidecar> side = read_sidecar(root, beside(key), settings.how);
    if (!side) return side.error();
    for (sidecar_record& r : side->records) {
        if (!r.of(of.facts.size, of.facts.modified_ns)) continue;
        of.set = std::move(r.set);
        return true;
    }
    if (!side->exists && !sidecars) return true;
    return still_named(root, key, of.facts, settings.how);
}

/// Errors where a new object cannot stand; an empty folder that has its name goes.
result<void> make_way(int folder, const std::string& name) {
    result<file_facts> there = facts_at(folder, name);
    if (!there && there.error()->os_error == ENOENT) return {};
    if (!there) return there.error();
    if (there->kind == file_kind::folder) {
        if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0) return {};
        return folder_in_the_way();
    }
    if (there->kind != file_kind::regular) return no_plain_file();
    if (!folds_names(folder)) return {};
    result<bool> exactly = lists_name(folder, name);
    if (!exactly) return exactly.error();
    if (!*exactly) return named_differently();
    return {};
}

/// Writes the new version's record in front of those that are there.
result<void> write_sidecar(
    int folder, const target& at, const kept_attributes& set, const file_settings& settings
) {
    result<file_facts> facts = facts_of(at.file.fd());
    if (!facts) return facts.error();
    const std::string name = sidecar_name(at.name);
    std::vector<sidecar_record> records;
    records.push_back({facts->size, facts->modified_ns, set});
    result<sidecar> before = read_sidecar(folder, name, settings.how);
    for (std::size_t i = 0; before && i < before->records.size() && i + 1 < versions_kept; ++i)
        records.push_back(std::move(before->records[i]));
    result<descriptor> own = open_beneath(folder, "", as_folder, settings.how);
    if (!own) return own.error();
    result<pending_file> file = pending_file::create(std::move(*own), settings.temporaries);
    if (!file) return file.error();
    result<void> written = file->write(encode_sidecar(records));
    if (!written) return written;
    return file->publish(name, if_exists::replace);
}

/// Among those who use this library. Writes without a condition share it, so that they hold up
/// nobody but those with one.
struct lock_of_folder {
    int folder = -1;

    void take(int fd, bool alone) {
        while (::flock(fd, alone ? LOCK_EX : LOCK_SH) != 0) {
            if (errno != EINTR) return; // no locks here
        }
        folder = fd;
    }

    lock_of_folder() = default;
    lock_of_folder(const lock_of_folder&) = delete;
    lock_of_folder& operator=(const lock_of_folder&) = delete;

    ~lock_of_folder() {
        if (folder >= 0) ::flock(folder, LOCK_UN);
    }
};

/// Under the folder's lock.
result<void> check_there(int folder, const std::string& name, const write_condition& when) {
    if (when.none()) return {};
    if (!when.if_version.empty()) return error(errc::unsupported, "files have no versions");
    result<file_facts> facts = facts_at(folder, name);
    if (!facts && facts.error()->os_error != ENOENT) return facts.error();
    if (!facts || facts->kind != file_kind::regular) return check_write(when, nullptr);
    object_meta current;
    current.etag = etag_of(*facts);
    return check_write(when, &current);
}

/// Sidecar, then name, under the folder's lock where there is a sidecar: a reader finds the record
/// of any version it can open.
result<void> publish_in(
    int folder,
    target& at,
    const kept_attributes& set,
    bool with_sidecar,
    const write_condition& when,
    const file_settings& settings
) {
    const std::string side = sidecar_name(at.name);
    const bool had_sidecar = ::faccessat(folder, side.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    result<void> done = at.file.settle(); // not while others wait
    if (!done) return done;
    lock_of_folder lock;
    lock.take(folder, with_sidecar || had_sidecar || !when.none());
    done = check_there(folder, at.name, when);
    if (done && with_sidecar) done = write_sidecar(folder, at, set, settings);
    if (!done) return done;
    done = at.file.publish(at.name, when.create ? if_exists::refuse : if_exists::replace);
    if (done && !with_sidecar && had_sidecar) ::unlinkat(folder, side.c_str(), 0);
    return done;
}

/// True where the attributes need a sidecar.
result<bool> store_attributes(int fd, const kept_attributes& set, const file_settings& settings) {
    const std::string text = encode_attributes(set);
    if (text.empty()) return false;
    if (settings.attributes == attribute_place::sidecar) return true;
    result<bool> stored = set_xattr(fd, xattr_name, text);
    if (!stored) return stored.error();
    return !*stored;
}

} // namespace

result<void> check_file_key(std::string_view key) {
    const auto refuse = [](const char* why) { return error(errc::invalid_argument, why); };
    if (key.empty()) return refuse("an empty key cannot be a file name");
    if (key.size() > longest_key)
        return refuse("the key is longer than a path may be (4095 bytes)");
    if (key.find('\0') != std::string_view::npos) return refuse("a key cannot hold a NUL byte");
    while (true) {
        const std::size_t end = key.find('/');
        const std::string_view part = key.substr(0, end);
        if (part.empty()) return refuse("a key with an empty segment cannot be a file name");
        if (part == "." || part == "..")
            return refuse("a key with a segment . or .. cannot be a file name");
        if (part.size() > longest_name)
            return refuse("a key with a segment over 255 bytes cannot be a file name");
        if (is_own_name(part)) return refuse("names that begin with .blobstore- are reserved");
        if (end == std::string_view::npos) return {};
        key.remove_prefix(end + 1);
    }
}

std::string etag_of(const file_facts& facts) {
    std::string out = "\"";
    add_hex(out, facts.device);
    add_hex(out, facts.inode);
    add_hex(out, static_cast<std::uint64_t>(facts.modified_ns));
    add_hex(out, static_cast<std::uint64_t>(facts.changed_ns));
    add_hex(out, facts.size);
    return out + '"';
}

object_meta meta_of(const std::string& key, const file_facts& facts) {
    object_meta meta;
    meta.key = key;
    meta.size = facts.size;
    meta.modified_ns = facts.modified_ns;
    meta.etag = etag_of(facts);
    return meta;
}

object_meta meta_of(const std::string& key, const file_facts& facts, const kept_attributes& set) {
    object_meta meta = meta_of(key, facts);
    meta.content_type = set.content_type;
    meta.content_encoding = set.content_encoding;
    meta.cache_control = set.cache_control;
    meta.metadata = set.metadata;
    if (set.content_disposition.empty() && set.content_language.empty() && set.expires.empty() &&
        set.tags.empty())
        return meta;
    object_extras& more = meta.own_extras();
    more.content_disposition = set.content_disposition;
    more.content_language = set.content_language;
    more.expires = set.expires;
    if (!set.tags.empty()) more.tag_count = set.tags.size();
    return meta;
}

result<open_object> open_key(int root, const std::string& key, const file_settings& settings) {
    for (int i = 0; i < races_borne; ++i) {
        result<open_object> object = open_plain(root, key, settings.how);
        if (!object) return object;
        result<bool> found = find_attributes(root, key, settings, *object);
        if (!found) return found.error();
        if (*found) return object;
    }
    return error(errc::changed, "the object is replaced faster than it can be read");
}

result<target> prepare(int root, const std::string& key, const file_settings& settings) {
    split_key at = split(key);
    for (int i = 0;; ++i) {
        result<made_folder> made = at.parent.empty() ? result<made_folder>(made_folder{})
                                                     : make_folders(root, at.parent, settings.how);
        const bool removed =
            !made && made.error()->os_error == ENOENT; // by a remove at the same time
        if (removed && i < races_borne) continue;
        if (!made && made.error()->os_error == ENOTDIR)
            return error(errc::conflict, "an object stands where the key needs a folder");
        if (!made) return made.error();
        if (at.parent.empty()) {
            result<descriptor> own = open_beneath(root, "", as_folder, settings.how);
            if (!own) return own.error();
            made->folder = std::move(*own);
        }
        const std::size_t existed = made->existed;
        result<void> free = make_way(made->folder.get(), at.name);
        if (!free) {
            prune_folders(root, at.parent, existed, settings.how);
            return free.error();
        }
        result<pending_file> file =
            pending_file::create(std::move(made->folder), settings.temporaries);
        if (file)
            return target{std::move(at.parent), std::move(at.name), existed, std::move(*file)};
        if (file.error()->os_error == ENOENT && i < races_borne) continue;
        prune_folders(root, at.parent, existed, settings.how);
        return file.error();
    }
}

result<object_meta> commit(
    int root,
    const std::string& key,
    target& at,
    const kept_attributes& set,
    const write_condition& when,
    const file_settings& settings
) {
    result<bool> with_sidecar = store_attributes(at.file.fd(), set, settings);
    if (!with_sidecar) return with_sidecar.error();
    result<void> free = make_way(at.file.folder(), at.name);
    if (!free) return free.error();
    result<void> published = publish_in(at.file.folder(), at, set, *with_sidecar, when, settings);
    for (int i = 0; !published && published.error()->os_error == ENOENT && i < races_borne; ++i) {
        // the folder was empty for a moment and a remove took it away
        result<made_folder> again = make_folders(root, at.parent, settings.how);
        if (!again && again.error()->os_error == ENOENT) continue;
        if (!again) return again.error();
        const int folder = again->folder.get();
        at.file.move_to(std::move(again->folder));
        published = publish_in(folder, at, set, *with_sidecar, when, settings);
    }
    if (!published && published.error()->os_error == EISDIR) return folder_in_the_way();
    if (!published && published.error()->os_error == EEXIST)
        return error(errc::exists, "there is an object of this key");
    if (!published) return published.error();
    result<file_facts> facts = facts_of(at.file.fd());
    if (!facts) return facts.error();
    return meta_of(key, *facts, set);
}

void abandon(int root, target at, const file_settings& settings) {
    const std::string parent = at.parent;
    const std::size_t existed = at.existed;
    { const pending_file dropped = std::move(at.file); }
    prune_folders(root, parent, existed, settings.how);
}

namespace {

result<descriptor> folder_for(int root, const std::string& parent, const file_settings& settings) {
    if (parent.empty()) return open_beneath(root, "", as_folder, settings.how);
    result<made_folder> made = make_folders(root, parent, settings.how);
    if (!made && made.error()->os_error == ENOTDIR)
        return error(errc::conflict, "an object stands where the key needs a folder");
    if (!made) return made.error();
    return std::move(made->folder);
}

/// Both folders, the one that comes first everywhere first, so that two moves never wait for each
/// other; the target's alone where there is a condition.
struct lock_of_two {
    lock_of_folder first, second;

    result<void> take(int from, int to, bool alone) {
        const result<file_facts> a = facts_of(from);
        const result<file_facts> b = facts_of(to);
        if (!a) return a.error();
        if (!b) return b.error();
        const auto place = [](const file_facts& f) { return std::pair(f.device, f.inode); };
        if (place(*a) < place(*b)) first.take(from, false);
        if (place(*a) < place(*b))
            second.take(to, alone);
        else
            first.take(to, alone);
        if (place(*b) < place(*a)) second.take(from, false);
        return {};
    }
};

bool has_sidecar(int folder, const std::string& name) {
    const std::string side = sidecar_name(name);
    return ::faccessat(folder, side.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/// Under the locks.
result<void>
move_name(int from, const std::string& from_name, int to, const std::string& name, bool refuse) {
    const unsigned flags = refuse ? RENAME_NOREPLACE : 0;
    if (::renameat2(from, from_name.c_str(), to, name.c_str(), flags) == 0) return {};
    if (errno == EEXIST) return error(errc::exists, "there is an object of this key");
    if (errno == EISDIR) return folder_in_the_way();
    if (errno == ENOENT) return no_object();
    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS)
        return error(errc::unsupported, "this file system cannot move the object at once");
    return os_error(errno, "cannot rename the file");
}

} // namespace

result<object_meta> rename_key(
    int root,
    const std::string& from_key,
    const std::string& key,
    const write_condition& when,
    const file_settings& settings,
    bool prune
) {
    const split_key source = split(from_key);
    const split_key at = split(key);
    result<open_object> object = open_key(root, from_key, settings);
    if (!object) return object.error();
    result<descriptor> from = open_beneath(root, source.parent, as_folder, settings.how);
    if (!from) return from.error();
    if (has_sidecar(from->get(), source.name))
        return error(errc::unsupported, "the attributes of the object are in a sidecar");
    result<descriptor> to = folder_for(root, at.parent, settings);
    if (!to) return to.error();
    result<void> done = make_way(to->get(), at.name);
    {
        lock_of_two lock;
        if (done) done = lock.take(from->get(), to->get(), !when.none());
        if (done) done = check_there(to->get(), at.name, when);
        if (done) done = move_name(from->get(), source.name, to->get(), at.name, when.create);
        if (done && has_sidecar(to->get(), at.name))
            ::unlinkat(to->get(), sidecar_name(at.name).c_str(), 0);
    }
    if (!done) {
        if (prune) prune_folders(root, at.parent, 0, settings.how);
        return done.error();
    }
    done = sync_folder(to->get());
    if (done) done = sync_folder(from->get());
    if (prune) prune_folders(root, source.parent, 0, settings.how);
    error half = done ? error() : done.error();
    if (!done) half->outcome_unknown = true;
    if (!done) return half;
    result<file_facts> facts = facts_of(object->file.get());
    if (!facts) return facts.error();
    return meta_of(key, *facts, object->set);
}

result<void> remove_key(
    int root,
    const std::string& key,
    const write_condition& when,
    const file_settings& settings,
    bool prune,
    std::set<std::string>& changed
) {
    const split_key at = split(key);
    result<descriptor> folder = open_beneath(root, at.parent, as_folder, settings.how);
    if (!folder && is_missing(folder.error())) return check_write(when, nullptr);
    if (!folder) return folder.error();
    result<file_facts> there = facts_at(folder->get(), at.name);
    if (!there && there.error()->os_error == ENOENT) return check_write(when, nullptr);
    if (!there) return there.error();
    if (there->kind == file_kind::folder) return check_write(when, nullptr);
    if (there->kind != file_kind::regular) return no_plain_file();
    const bool with_sidecar = has_sidecar(folder->get(), at.name);
    lock_of_folder lock;
    lock.take(folder->get(), with_sidecar || !when.none()); // no put may come between
    result<void> holds = check_there(folder->get(), at.name, when);
    if (!holds) return holds;
    if (::unlinkat(folder->get(), at.name.c_str(), 0) != 0 && errno != ENOENT)
        return os_error(errno, "cannot remove the file");
    if (with_sidecar) ::unlinkat(folder->get(), sidecar_name(at.name).c_str(), 0);
    changed.insert(prune ? prune_folders(root, at.parent, 0, settings.how) : at.parent);
    return {};
}

result<void>
sync_folders(int root, const std::set<std::string>& folders, const file_settings& settings) {
    for (const std::string& path : folders) {
        result<descriptor> folder = open_beneath(root, path, as_folder, settings.how);
        if (!folder && is_missing(folder.error())) continue;
        if (!folder) return folder.error();
        result<void> synced = sync_folder(folder->get());
        if (!synced) return synced;
    }
    return {};
}

} // namespace blobstore::file
