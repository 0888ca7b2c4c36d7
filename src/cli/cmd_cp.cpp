// SPDX-License-Identifier: Apache-2.0
// The verbs cp and mv: what is to go where; transfer.cpp does it.
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/local.h"
#include "cli/remote.h"
#include "cli/state.h"
#include "cli/transfer.h"
#include "cli/wildcard.h"

#include <filesystem>
#include <unistd.h>

namespace blobstore::cli {

namespace {

std::string join_path(const std::string& folder, const std::string& name) {
    return folder.empty() || folder.ends_with('/') ? folder + name : folder + "/" + name;
}

failure skipped(const std::string& message) {
    return {exit_code::skipped, message};
}

/// Local paths and file URLs as the file URL of where links lead.
location canonical(const location& where) {
    const bool is_file = where.is_object() && where.scheme == "file";
    if (where.kind != location_kind::local && !is_file) {
        return where;
    }
    std::error_code ignored;
    const std::string named = is_file ? "/" + where.key : where.path;
    return parse_location(file_url(std::filesystem::weakly_canonical(named, ignored).string()));
}

/// One cp or mv command.
class copier {
public:
    explicit copier(session& with)
        : with_(with)
        , verb_(with.args().verb)
        , moves_(verb_ == "mv")
        , filter_(with.args().rules)
        , from_(parse_location(with.args().targets.at(0)))
        , to_(parse_location(with.args().targets.at(1))) {}

    void run();

private:
    void check_arguments() const;
    void check_overlap() const;
    void check_not_same(const location& target) const;
    void check_matches(const wildcard& which) const;

    void one_from_stdin();
    void one_upload(const std::string& path);
    void one_upload_of_descriptor(int fd, const std::string& name);
    void one_from_object();
    void look_at(transfer& item);
    void one_to_stdout();
    void one_download();
    void one_copy();

    void tree_upload();
    void tree_from_objects();
    void matches_from_objects(const wildcard& which);
    std::exception_ptr
    tree_items(const folder_ref& source, const folder_ref* target, std::size_t& found);
    void tree_item(
        transfer_engine& engine,
        const folder_ref& source,
        const std::string& prefix,
        const folder_ref* target,
        const blobstore_object_view& view
    );
    bool is_single_object(const std::exception_ptr& listing_failed);

    [[nodiscard]] object_ref source_of_move() const;
    [[nodiscard]] std::string
    state_of(const std::string& source, const std::string& destination) const;
    [[nodiscard]] location named_target(const std::string& name) const;
    [[nodiscard]] std::string local_target(const std::string& name) const;

    session& with_;
    std::string verb_;
    bool moves_ = false; ///< the source goes when it was copied
    filter filter_;
    location from_;
    location to_;
};

void copier::check_arguments() const {
    if (!from_.is_object() && !to_.is_object()) {
        throw usage_error(
            verb_ + ": SRC or DST must be a URL; " + verb_ + "(1) is for local files"
        );
    }
    const bool recursive = with_.args().recursive;
    if (recursive && (from_.kind == location_kind::stdio || to_.kind == location_kind::stdio)) {
        throw usage_error(verb_ + ": '-' cannot be combined with -r");
    }
    if (with_.args().json && to_.kind == location_kind::stdio) {
        throw usage_error(
            verb_ + ": --json and '-' cannot both have standard output; use cat --json"
        );
    }
    const bool is_piped = from_.kind == location_kind::stdio || to_.kind == location_kind::stdio ||
                          (from_.kind == location_kind::local && is_special(from_.path)) ||
                          (to_.kind == location_kind::local && is_special(to_.path));
    if (moves_ && is_piped) {
        throw usage_error("mv: a pipe or device keeps nothing that could be moved; use cp");
    }
    if (with_.args().resume && (is_piped || (from_.is_object() && to_.is_object()))) {
        throw usage_error(
            verb_ + ": --resume is for uploads and downloads of files; pipes and copies begin anew"
        );
    }
    if (from_.is_object() && wildcard_of(with_, from_)) {
        return; // check_matches knows more
    }
    if (!recursive && !with_.args().rules.empty()) {
        throw usage_error(verb_ + ": --include and --exclude need -r");
    }
    if (from_.kind == location_kind::stdio && to_.is_folder()) {
        throw usage_error(
            verb_ + ": " + to_.text + " must name an object: standard input has no name"
        );
    }
    if (!recursive && from_.is_object() && from_.is_folder()) {
        throw usage_error(verb_ + ": " + from_.text + " names a folder; -r takes what is below it");
    }
}

/// Copying a folder into itself would find its own copies; moving it up would put what is moved on
/// top of what is still to be moved.
void copier::check_overlap() const {
    const location from = canonical(from_);
    const location to = canonical(to_);
    if (contains(from, to) || (moves_ && contains(to, from))) {
        const location& inner = contains(from, to) ? to_ : from_;
        const location& outer = contains(from, to) ? from_ : to_;
        throw usage_error(verb_ + ": " + inner.text + " is in " + outer.text);
    }
}

/// What is moved to itself would be gone.
void copier::check_not_same(const location& target) const {
    const location from = canonical(from_);
    const location to = canonical(target);
    if (moves_ && contains(from, to) && contains(to, from)) {
        throw usage_error("mv: " + from_.text + " and " + target.text + " are the same");
    }
}

/// What fits comes below DST by its name; that it comes upon itself, or is found again there, would
/// lose it or never end.
void copier::check_matches(const wildcard& which) const {
    const bool to_folder =
        to_.is_folder() || (to_.kind == location_kind::local && is_directory(to_.path));
    if (!to_folder) {
        throw usage_error(
            verb_ + ": what fits " + from_.text + " needs a folder as DST, not " + to_.text
        );
    }
    if (!which.recursive && !with_.args().rules.empty()) {
        throw usage_error(verb_ + ": --include and --exclude need -r");
    }
    const location from = canonical(which.base);
    const location to = canonical(to_);
    const bool inside = contains(from, to);
    const bool around = contains(to, from);
    const bool again = which.deep && (inside || (moves_ && around));
    if (again || (inside && around)) {
        throw usage_error(verb_ + ": " + to_.text + " is in the way of " + from_.text);
    }
}

location copier::named_target(const std::string& name) const {
    if (!to_.is_folder()) {
        return to_;
    }
    const bool needs_slash = !to_.text.ends_with('/');
    return parse_location(
        to_.text + (needs_slash ? "/" : "") + (to_.scheme == "file" ? percent_encode(name) : name)
    );
}

std::string copier::local_target(const std::string& name) const {
    if (!to_.is_folder() && !is_directory(to_.path)) {
        return through_links(to_.path);
    }
    if (!is_safe_relative(name)) {
        throw usage_error(verb_ + ": " + from_.text + " has no name for a local file; give one");
    }
    return join_path(to_.path, name);
}

std::string copier::state_of(const std::string& source, const std::string& destination) const {
    const bool many = with_.args().recursive || wildcard_of(with_, from_);
    return state_file(with_.args(), many, source, destination);
}

/// In a store, which can be asked what it enforces.
object_ref copier::source_of_move() const {
    const object_ref source = removable(with_, from_);
    return source.store ? source : with_.object_in_store(from_);
}

void copier::one_upload_of_descriptor(int fd, const std::string& name) {
    const location target = named_target(base_name(name));
    transfer item;
    item.kind = transfer_kind::upload;
    item.source = name;
    item.destination = target.text;
    item.to = with_.object(target);
    transfer_engine(with_).stream(item, fd);
}

void copier::one_from_stdin() {
    one_upload_of_descriptor(STDIN_FILENO, "standard input");
}

void copier::one_upload(const std::string& path) {
    const struct stat status = stat_path(path);
    if (S_ISDIR(status.st_mode)) {
        throw usage_error(verb_ + ": " + path + " is a folder; -r takes what is below it");
    }
    if (!S_ISREG(status.st_mode)) {
        one_upload_of_descriptor(open_to_read(path).get(), path);
        return;
    }
    const location target = named_target(base_name(path));
    transfer item;
    item.kind = transfer_kind::upload;
    item.source = path;
    item.path = path;
    item.destination = target.text;
    item.to = with_.object(target);
    check_not_same(target);
    item.moves = moves_;
    item.size = static_cast<std::uint64_t>(status.st_size);
    item.mtime_ns = mtime_of(status);
    item.state = state_of(local_end(path), item.destination);
    transfer_engine engine(with_);
    engine.add(std::move(item));
    engine.finish();
}

/// What is to be known of the source before it is copied: that it is there in a dry run, how long
/// the progress line is to go, which ETag is to be moved.
void copier::look_at(transfer& item) {
    const bool by_copy = moves_ && item.kind == transfer_kind::copy;
    if (!with_.args().dry_run && !with_.errors().is_wanted() && !by_copy) {
        return;
    }
    const object_handle info = head(with_, item.from);
    const blobstore_object_view view = view_of(info.get());
    item.etag = to_view(view.etag);
    if ((view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
        item.size = view.size;
    }
}

void copier::one_to_stdout() {
    if (with_.args().dry_run) {
        head(with_, with_.object(from_));
        transfer item;
        item.kind = transfer_kind::download;
        item.source = from_.text;
        item.destination = "-";
        transfer_engine(with_).add(std::move(item));
        return;
    }
    stream_to(with_, with_.object(from_), nullptr, STDOUT_FILENO, "standard output");
}

void copier::one_download() {
    const std::string path = local_target(base_name(from_.key));
    if (is_special(path) && !with_.args().dry_run) {
        stream_to(with_, with_.object(from_), nullptr, open_to_write(path).get(), path);
        return;
    }
    transfer item;
    item.kind = transfer_kind::download;
    item.source = from_.text;
    item.from = moves_ ? source_of_move() : with_.object(from_);
    item.path = path;
    item.destination = path;
    item.state = state_of(item.source, local_end(path));
    item.moves = moves_;
    location target;
    target.text = target.path = path;
    check_not_same(target);
    look_at(item);
    if (!with_.args().dry_run) {
        const auto parent = std::filesystem::path(path).parent_path().string();
        make_folders(parent.empty() ? "." : parent);
    }
    transfer_engine engine(with_);
    engine.add(std::move(item));
    engine.finish();
}

void copier::one_copy() {
    const location target = named_target(base_name(from_.key));
    transfer item;
    item.kind = transfer_kind::copy;
    item.source = from_.text;
    item.destination = target.text;
    item.from = moves_ ? source_of_move() : with_.object(from_);
    item.to = with_.object(target);
    item.moves = moves_;
    check_not_same(target);
    if (static_cast<bool>(item.from.store) != static_cast<bool>(item.to.store)) {
        item.from = item.from.store ? item.from : with_.object_in_store(from_);
        item.to = item.to.store ? item.to : with_.object_in_store(target);
    }
    look_at(item);
    transfer_engine engine(with_);
    engine.add(std::move(item));
    engine.finish();
}

void copier::one_from_object() {
    if (to_.kind == location_kind::stdio) {
        one_to_stdout();
    } else if (to_.is_object()) {
        one_copy();
    } else {
        one_download();
    }
}

void copier::tree_upload() {
    if (!is_directory(from_.path)) {
        one_upload(from_.path);
        return;
    }
    check_overlap();
    const folder_ref target = with_.folder(to_);
    const std::string prefix = with_slash(target.prefix);
    transfer_engine engine(with_);
    const std::string root = with_slash(from_.path);
    walk_visitor visitor;
    visitor.file = [&](const local_file& file) {
        if (!filter_.takes(file.relative)) {
            return;
        }
        transfer item;
        item.kind = transfer_kind::upload;
        item.source = file.path;
        item.path = file.path;
        item.to = target.object(prefix + file.relative);
        item.destination = item.to.url;
        item.size = file.size;
        item.mtime_ns = file.mtime_ns;
        item.state = state_of(local_end(file.path), item.destination);
        item.moves = moves_;
        engine.add(std::move(item));
    };
    const auto is_wanted = [&](const std::string& message) { // messages begin with the path
        const std::size_t end = message.find(": ", root.size());
        return message.starts_with(root) &&
               filter_.takes(message.substr(root.size(), end - root.size()));
    };
    visitor.skip = [&](const std::string& message) {
        if (is_wanted(message)) {
            with_.note(exit_code::skipped);
            with_.errors().notice(message);
        }
    };
    visitor.fail = [&](const std::string& message, int error) {
        const bool denied = code_for_errno(error) == exit_code::permission;
        with_.fail({denied ? exit_code::permission : exit_code::failed, message});
    };
    walk(from_.path, visitor);
    engine.finish();
}

/// Whether SRC of a copy with -r, below which nothing was found, is an object itself.
bool copier::is_single_object(const std::exception_ptr& listing_failed) {
    if (!from_.is_folder() && try_head(with_, with_.object(from_))) {
        return true;
    }
    if (listing_failed) {
        std::rethrow_exception(listing_failed);
    }
    const bool is_file = from_.scheme == "file";
    if (is_file ? !is_directory("/" + from_.key) : !from_.key.empty()) {
        throw failure(exit_code::not_found, verb_ + ": nothing is below " + from_.text);
    }
    return false;
}

void copier::tree_item(
    transfer_engine& engine,
    const folder_ref& source,
    const std::string& prefix,
    const folder_ref* target,
    const blobstore_object_view& view
) {
    const std::string key(to_view(view.key));
    const std::string relative = key.substr(prefix.size());
    transfer item;
    item.moves = moves_;
    item.from = source.object(key);
    item.source = item.from.url;
    item.etag = to_view(view.etag);
    if ((view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
        item.size = view.size;
    }
    if ((relative.empty() && item.size.value_or(0) == 0) || !filter_.takes(relative)) {
        return; // the empty one is the marker of the folder itself
    }
    const bool is_marker = relative.ends_with('/') && item.size.value_or(1) == 0;
    const bool to_files = target == nullptr || to_.scheme == "file";
    if (to_files &&
        !is_safe_relative(is_marker ? relative.substr(0, relative.size() - 1) : relative)) {
        engine.skip(item, skipped(item.source + ": skipped, the key cannot be a local path"));
        return;
    }
    if (target != nullptr && is_marker && to_files) {
        return; // a folder without files is none in a store
    }
    if (target != nullptr) {
        item.kind = transfer_kind::copy;
        item.to = target->object(with_slash(target->prefix) + relative);
        item.destination = item.to.url;
        engine.add(std::move(item));
        return;
    }
    item.kind = transfer_kind::download;
    item.path = join_path(to_.path, relative);
    item.destination = item.path;
    try {
        if (!with_.args().dry_run) {
            make_folders(
                is_marker ? item.path : std::filesystem::path(item.path).parent_path().string()
            );
        }
        if (!is_marker) {
            item.path = through_links(item.path);
            item.state = state_of(item.source, local_end(item.path));
            engine.add(std::move(item));
        }
    } catch (const failure& why) {
        engine.skip(item, why);
    }
}

/// Counts what is below the source and starts its transfers. Returns why nothing could be listed.
std::exception_ptr
copier::tree_items(const folder_ref& source, const folder_ref* target, std::size_t& found) {
    const std::string prefix = with_slash(source.prefix);
    const bool makes_folders = target == nullptr && !with_.args().dry_run;
    transfer_engine engine(with_);
    try {
        list(with_, source, prefix, "", [&](const blobstore_object_view& view) {
            if (found == 0 && makes_folders) {
                make_folders(to_.path);
            }
            ++found;
            tree_item(engine, source, prefix, target, view);
            return true;
        });
    } catch (const failure&) {
        engine.finish(); // what was begun may end
        if (found > 0) {
            throw;
        }
        return std::current_exception();
    }
    engine.finish();
    return nullptr;
}

void copier::tree_from_objects() {
    check_overlap();
    const folder_ref source = with_.folder(from_);
    std::optional<folder_ref> target;
    if (to_.is_object()) {
        target = with_.folder(to_);
    }
    std::size_t found = 0;
    const std::exception_ptr listing_failed =
        tree_items(source, target ? &*target : nullptr, found);
    if (found == 0 && is_single_object(listing_failed)) {
        one_from_object();
    }
}

/// What fits goes below DST by its name below the folder where the wildcard begins.
void copier::matches_from_objects(const wildcard& which) {
    check_matches(which);
    const folder_ref source = with_.folder(which.base);
    std::optional<folder_ref> target;
    if (to_.is_object()) {
        target = with_.folder(to_);
    }
    std::size_t found = 0;
    transfer_engine engine(with_);
    list_matches(with_, which, source, [&](const blobstore_object_view& view) {
        if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) == 0) {
            ++found;
            tree_item(engine, source, source.prefix, target ? &*target : nullptr, view);
        }
    });
    engine.finish();
    if (found == 0) {
        throw failure(exit_code::not_found, verb_ + ": nothing fits " + from_.text);
    }
}

void copier::run() {
    check_arguments();
    if (with_.args().if_absent && to_.is_object() && !with_.args().dry_run) {
        prove(with_, to_, BLOBSTORE_CAN_CREATE);
    }
    if (from_.kind == location_kind::stdio) {
        one_from_stdin();
    } else if (from_.kind == location_kind::local) {
        with_.args().recursive ? tree_upload() : one_upload(from_.path);
    } else if (const auto which = wildcard_of(with_, from_)) {
        matches_from_objects(*which);
    } else if (with_.args().recursive) {
        tree_from_objects();
    } else {
        one_from_object();
    }
}

} // namespace

void run_cp(session& with) {
    copier(with).run();
}

} // namespace blobstore::cli
