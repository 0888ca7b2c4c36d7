// SPDX-License-Identifier: Apache-2.0
// The command line as a struct, by CLI11, which only this file includes.
#include "cli/args.h"

#include "cli/exit_codes.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

namespace blobstore::cli {

namespace {

constexpr const char* exit_codes_text =
    "Exit codes: 0 done; 1 some items failed, or any other failure; 2 usage or configuration;\n"
    "4 done, but items were skipped; 6 lock held; 8 authentication or permission; 9 quota "
    "reached;\n"
    "11 object or bucket not found; 12 precondition failed; 130, 143 stopped by a signal.\n"
    "If several apply: the first of 8, 2, 6, 11, 12, 1, 9, 4.";

constexpr const char* url_text =
    "URLs: s3://BUCKET/KEY (the key byte for byte, nothing decoded), file:///PATH "
    "(percent-encoded),\n"
    "memory://NAME/KEY. A bare path is a local path, '-' is standard input or output.\n"
    "In the key of cp, mv (SRC), cat, ls, du, stat and rm '*' stands for any text without '/', "
    "'**' "
    "for any\n"
    "text; with -r what is below what fits goes too. --no-glob takes them as letters.";

constexpr const char* cp_text =
    "Without -r one object or file is copied. If DST ends in '/', is a bucket alone or is a local\n"
    "folder, the name of SRC is added to it.\n"
    "With -r SRC and DST are folders, with or without a '/' at the end, and what is below SRC "
    "goes\n"
    "below DST; the name of SRC is no part of the result:\n"
    "  cp -r photos s3://b/2026    photos/a/1.jpg becomes the key 2026/a/1.jpg\n"
    "  cp -r s3://b/2026/ photos   the key 2026/a/1.jpg becomes photos/a/1.jpg\n"
    "  cp 's3://b/2026/*.jpg' p/   what fits, by its name below 2026/; DST is a folder\n"
    "A key such as 2026-old is not below 2026. If SRC is one file or object, -r changes nothing.\n"
    "\n"
    "--include and --exclude take globs: * ? [a-z] {a,b}, ** also over '/'; one that begins with "
    "'/'\n"
    "is anchored at SRC, others fit at the end of the path behind any '/'; 'dir/' is all below "
    "dir.\n"
    "The first that fits decides, in the order given; what none fits is copied unless there is an\n"
    "--include.\n"
    "The modification time of a local file is kept as metadata 'mtime' and set again on download.\n"
    "\n"
    "--resume notes down which parts of a large file are there, in PATH or, without it, in a file "
    "of\n"
    "$XDG_STATE_HOME/blobstore (~/.local/state/blobstore). The same command moves the others, also "
    "after\n"
    "it was killed. With -r or a wildcard PATH is a folder. Copies between stores begin anew.";

constexpr const char* mv_text =
    "As cp, and what was copied is removed where it was, one after the other: each item is in one "
    "place\n"
    "at least. Folders of SRC stay. A local file that changed meanwhile is copied but not removed; "
    "so\n"
    "is an object where the service is known to enforce conditions on deletes.";

constexpr const char* ls_text =
    "Lists the keys that begin with the key of the URL, one level or with -r all; s3://b/dir/ is "
    "the\n"
    "content of dir, s3://b/di also finds dir/ and disk. A file URL names a folder; its keys are\n"
    "relative to it.";

constexpr const char* rm_text = "With -r everything below URL goes (a '/' is added), and the "
                                "object URL itself if it has no '/'\n"
                                "at the end. Removing what is missing is no error.";

constexpr const char* du_text =
    "Prints bytes and number of the objects below each URL (a '/' is added), and of the object URL "
    "itself\n"
    "if it has no '/' at the end.";

constexpr const char* uploads_text =
    "Uploads of large objects in parts that were begun and neither completed nor aborted, of keys "
    "that\n"
    "begin with the key of the URL. Their parts are stored, and paid for, until they are aborted. "
    "One\n"
    "that is still running fails when it is aborted: --older-than leaves the young ones alone.";

constexpr const char* tags_text =
    "set replaces all tags of the object. S3 takes 10, names of 128 and values of 256 characters.";

constexpr const char* bucket_text =
    "s3://BUCKET alone, without a key. A file URL is the folder of a store. A bucket that holds "
    "anything,\n"
    "versions and open uploads too, is not removed.";

constexpr const char* flag_alone = "true"; // what CLI11 makes of a flag without '=VALUE'

name_value split(const std::string& text, char separator, const char* option) {
    const std::size_t at = text.find(separator);
    if (at == std::string::npos || at == 0) {
        throw usage_error(
            std::string(option) + " takes NAME" + separator + "VALUE, not '" + text.substr(0, at) +
            "'"
        );
    }
    std::string value = text.substr(at + 1);
    if (separator == ':') {
        value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
    }
    return {text.substr(0, at), value};
}

/// The CLI11 tree and the places that its options write to.
class command_line {
public:
    command_line() {
        app_.require_subcommand(0, 1);
        app_.footer(std::string(url_text) + "\n\n" + exit_codes_text);
        app_.failure_message(CLI::FailureMessage::simple);
        app_.get_formatter()->column_width(30);
        app_.get_formatter()->label("SUBCOMMAND", "VERB ...");
        app_.get_formatter()->label("TEXT", "");
        app_.get_formatter()->label("REQUIRED", "");
        app_.set_help_flag("-h,--help", "Print this help and exit");
        add_global();
        add_verbs();
        for (CLI::App* verb : app_.get_subcommands({})) {
            verb->fallthrough();
            verb->set_help_flag("-h,--help", "Print this help and exit");
            verb->group("Verbs");
        }
    }

    parsed parse(const std::vector<std::string>& words);
    std::string help(const std::string& verb);

private:
    void add_global();
    void add_verbs();
    void add_transfer(CLI::App* verb);
    void add_uploads();
    void add_presign();
    void add_tags();
    void collect();
    void add_no_glob(CLI::App& to);
    CLI::App* add_verb(const char* name, const char* doc, const char* footer);
    CLI::Option*
    add_list(CLI::App& to, const char* name, std::vector<std::string>& values, const char* doc);
    void add_urls(CLI::App& to);

    CLI::App app_{"Copies, lists and reads objects in S3, local folders and memory.", "blobstore"};
    arguments args_;
    std::vector<std::string> settings_, metadata_, tags_, headers_, query_, includes_, excludes_,
        words_;
    std::string region_, endpoint_, no_color_, resume_;
    bool path_style_ = false;
    bool no_sign_ = false;
    std::map<const CLI::App*, const CLI::Option*> includes_of_, excludes_of_; ///< by verb
};

CLI::App* command_line::add_verb(const char* name, const char* doc, const char* footer) {
    CLI::App* verb = app_.add_subcommand(name, doc);
    verb->footer(footer);
    return verb;
}

CLI::Option* command_line::add_list(
    CLI::App& to, const char* name, std::vector<std::string>& values, const char* doc
) {
    // One value each time: neither the next argument nor [a,b] is to be taken apart.
    return to.add_option(name, values, doc)->allow_extra_args(false);
}

void command_line::add_urls(CLI::App& to) {
    to.add_option("URL", args_.targets, "Object URLs, or local paths")->required();
}

void command_line::add_no_glob(CLI::App& to) {
    to.add_flag("--no-glob", args_.no_glob, "Take '*' in a URL as a letter of the key");
}

void command_line::add_global() {
    add_list(app_, "-o", settings_, "A setting of the library, KEY=VALUE")
        ->option_text("KEY=VALUE");
    app_.add_option("--region", region_, "The region of the service")->option_text("NAME");
    app_.add_option("--endpoint-url", endpoint_, "The service's URL, if it is not AWS")
        ->option_text("URL");
    app_.add_flag("--path-style", path_style_, "The bucket goes in the path, not in the host name");
    app_.add_flag("--no-sign-request", no_sign_, "Send requests without credentials");
    add_list(
        app_,
        "--storage",
        args_.storages,
        "A store URL: its options hold for all arguments of its scheme and authority (or "
        "BLOBSTORE_URL)"
    )
        ->option_text("URL")
        ->envname("BLOBSTORE_URL");
    app_.add_flag("-q,--quiet", args_.quiet, "Print errors only");
    app_.add_flag(
        "-v,--verbose",
        args_.verbose,
        "Print each item and what is retried; twice: the library's whole log"
    );
    app_.add_flag("--json", args_.json, "Print one JSON object per line");
    app_.add_option("--no-color", no_color_)->envname("NO_COLOR")->group("");
    app_.add_option("--state-home", args_.state_home)->envname("XDG_STATE_HOME")->group("");
    app_.add_option("--home", args_.home)->envname("HOME")->group("");
}

void command_line::add_transfer(CLI::App* verb) {
    for (const char* name : {"SRC", "DST"}) {
        verb->add_option_function<std::string>(
                name,
                [this](const std::string& value) { args_.targets.push_back(value); },
                "A URL, a local path or '-'"
        )
            ->required();
    }
    verb->add_flag("-r,--recursive", args_.recursive, "Take everything below SRC");
    includes_of_[verb] =
        add_list(*verb, "--include", includes_, "Take what this glob fits")->option_text("GLOB");
    excludes_of_[verb] = add_list(*verb, "--exclude", excludes_, "Leave out what this glob fits")
                             ->option_text("GLOB");
    add_no_glob(*verb);
    verb->add_flag("-n,--dry-run", args_.dry_run, "Print what would be done");
    verb->add_flag("--progress", args_.progress, "Show progress, also where no terminal is");
    verb->add_option("-j,--jobs", args_.jobs, "So many items at a time (8)")
        ->option_text("N")
        ->check(CLI::Range(1U, 1024U));
    verb->add_option("--content-type", args_.content_type, "Of what is written")
        ->option_text("TYPE");
    verb->add_option("--content-encoding", args_.content_encoding, "Of what is written")
        ->option_text("CODING");
    verb->add_option("--cache-control", args_.cache_control, "Of what is written")
        ->option_text("TEXT");
    add_list(*verb, "--metadata", metadata_, "User metadata")->option_text("NAME=VALUE");
    add_list(*verb, "--tags", tags_, "Tags; one each time")->option_text("NAME=VALUE");
    verb->add_option("--storage-class", args_.storage_class, "Such as STANDARD_IA")
        ->option_text("NAME");
    verb->add_flag("--resume", resume_, "Go on with what was stopped; see below")
        ->option_text("[=PATH]");
    verb->add_flag("--if-absent", args_.if_absent, "Replace nothing: what exists is an error (12)");
}

void command_line::add_uploads() {
    CLI::App* verb = add_verb("uploads", "List or abort uploads that were not ended", uploads_text);
    verb->add_option("ACTION", args_.action, "ls or abort")
        ->required()
        ->check(CLI::IsMember({"ls", "abort"}).description(""));
    add_urls(*verb);
    verb->add_option(
            "--older-than", args_.older_than, "Abort only those begun so long ago, such as 7d"
    )
        ->option_text("TIME");
}

void command_line::add_presign() {
    CLI::App* verb =
        add_verb("presign", "Print a link that works without credentials until it expires", "");
    add_urls(*verb);
    verb->add_option("--method", args_.method, "GET (default), PUT, HEAD or DELETE")
        ->option_text("NAME");
    verb->add_option("--expires", args_.expires, "Seconds, or such as 15m, 12h, 7d (default 15m)")
        ->option_text("TIME");
    verb->add_option("--at", args_.at, "Sign as of this time, RFC 3339 (default: now)")
        ->option_text("TIME");
    add_list(*verb, "--header", headers_, "A header that the user of the link must send")
        ->option_text("NAME:VALUE");
    add_list(*verb, "--query", query_, "Such as response-content-type=text/plain")
        ->option_text("NAME=VALUE");
}

void command_line::add_tags() {
    CLI::App* verb = add_verb("tags", "Print or replace the tags of an object", tags_text);
    verb->add_option("ACTION", args_.action, "get or set")
        ->required()
        ->check(CLI::IsMember({"get", "set"}).description(""));
    verb->add_option_function<std::string>(
            "URL",
            [this](const std::string& value) { args_.targets.push_back(value); },
            "An object URL, or a local path"
    )
        ->required();
    verb->add_option("NAME=VALUE", tags_, "For set: all its tags from now on; none removes them");
}

void command_line::add_verbs() {
    add_transfer(add_verb("cp", "Copy to, from or between stores", cp_text));
    add_transfer(add_verb("mv", "Move to, from or between stores", mv_text));
    CLI::App* cat = add_verb("cat", "Write objects to standard output", "");
    add_urls(*cat);
    add_no_glob(*cat);
    cat->add_option("--range", args_.range, "Bytes A-B (both inclusive), A- or -N (the last N)")
        ->option_text("RANGE");
    CLI::App* ls = add_verb("ls", "List objects", ls_text);
    add_urls(*ls);
    add_no_glob(*ls);
    ls->add_flag("-r,--recursive", args_.recursive, "List all levels");
    ls->add_flag("--versions", args_.versions, "All versions and delete markers, newest first");
    ls->add_flag("-H,--human", args_.human, "Sizes such as 1.4 MiB");
    CLI::App* du = add_verb("du", "Add up the sizes of objects", du_text);
    add_urls(*du);
    add_no_glob(*du);
    du->add_flag("-H,--human", args_.human, "Sizes such as 1.4 MiB");
    add_uploads();
    CLI::App* stat = add_verb("stat", "Print what is known of objects", "");
    add_urls(*stat);
    add_no_glob(*stat);
    CLI::App* rm = add_verb("rm", "Remove objects", rm_text);
    rm->add_option("URL", args_.targets, "Object URLs, or local paths");
    rm->add_flag(
        "--stdin", args_.from_stdin, "Remove the URLs that standard input names, one a line"
    );
    add_no_glob(*rm);
    rm->add_flag("-r,--recursive", args_.recursive, "Remove everything below the URL");
    rm->add_flag("-n,--dry-run", args_.dry_run, "Print what would be done");
    add_presign();
    add_tags();
    CLI::App* mb = add_verb("mb", "Make buckets", bucket_text);
    add_urls(*mb);
    mb->add_flag("--versions", args_.versions, "The bucket keeps every version of an object");
    add_urls(*add_verb("rb", "Remove empty buckets", bucket_text));
    add_verb("version", "Print the version", "");
    CLI::App* help = add_verb("help", "Print the help of a verb", "");
    help->add_option("VERB", words_, "A verb")->expected(0, 1);
}

void command_line::collect() {
    for (const std::string& text : settings_) {
        args_.settings.push_back(split(text, '=', "-o"));
    }
    if (!region_.empty()) {
        args_.settings.emplace_back("region", region_);
    }
    if (!endpoint_.empty()) {
        args_.settings.emplace_back("endpoint", endpoint_);
    }
    if (path_style_) {
        args_.settings.emplace_back("path_style", "true");
    }
    if (no_sign_) {
        args_.settings.emplace_back("skip_signature", "true");
    }
    for (const std::string& text : metadata_) {
        args_.metadata.push_back(split(text, '=', "--metadata"));
    }
    for (const std::string& text : tags_) {
        args_.tags.push_back(split(text, '=', args_.verb == "tags" ? "tags set" : "--tags"));
    }
    for (const std::string& text : headers_) {
        args_.headers.push_back(split(text, ':', "--header"));
    }
    for (const std::string& text : query_) {
        args_.query.push_back(split(text, '=', "--query"));
    }
    args_.no_color = !no_color_.empty();
    args_.resume = !resume_.empty();
    args_.resume_path = resume_ == flag_alone ? "" : resume_;
    std::size_t include = 0;
    std::size_t exclude = 0;
    const CLI::App* verb = app_.get_subcommands()[0];
    for (const CLI::Option* option : verb->parse_order()) {
        if (option == includes_of_[verb]) {
            args_.rules.push_back({true, includes_.at(include++)});
        } else if (option == excludes_of_[verb]) {
            args_.rules.push_back({false, excludes_.at(exclude++)});
        }
    }
}

parsed command_line::parse(const std::vector<std::string>& words) {
    parsed result;
    try {
        std::vector<std::string> reversed(words.rbegin(), words.rend());
        app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        result.is_help = true;
        const auto chosen = app_.get_subcommands();
        result.help = help(chosen.empty() ? "" : chosen[0]->get_name());
        return result;
    } catch (const CLI::ExtrasError& error) {
        const std::vector<std::string> extras = app_.remaining();
        if (app_.get_subcommands().empty() && !extras.empty() && !extras[0].starts_with('-')) {
            throw usage_error("'" + extras[0] + "' is no verb (see: blobstore help)");
        }
        throw usage_error(std::string(error.what()) + " (see: blobstore help)");
    } catch (const CLI::ParseError& error) {
        throw usage_error(std::string(error.what()) + " (see: blobstore help)");
    }
    if (app_.get_subcommands().empty()) {
        throw usage_error(
            "a verb is missing: cp, mv, cat, ls, du, stat, rm, uploads, presign, tags, mb, rb, "
            "version or help"
        );
    }
    args_.verb = app_.get_subcommands()[0]->get_name();
    if (args_.verb == "help") {
        result.is_help = true;
        result.help = help_text(words_.empty() ? "" : words_[0]); // of a tree that parsed nothing
        result.args.json = args_.json;
        return result;
    }
    collect();
    result.args = args_;
    return result;
}

std::string command_line::help(const std::string& verb) {
    if (verb.empty()) {
        return app_.help();
    }
    const auto all = app_.get_subcommands({});
    const auto found = std::find_if(all.begin(), all.end(), [&](const CLI::App* one) {
        return one->get_name() == verb;
    });
    if (found == all.end()) {
        throw usage_error("'" + verb + "' is no verb (see: blobstore help)");
    }
    return (*found)->help(app_.get_name());
}

} // namespace

parsed parse_arguments(const std::vector<std::string>& words) {
    return command_line().parse(words);
}

std::string help_text(const std::string& verb) {
    return command_line().help(verb);
}

} // namespace blobstore::cli
