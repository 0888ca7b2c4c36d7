// SPDX-License-Identifier: Apache-2.0
// The command line as a struct.
#pragma once

#include "cli/filter.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore::cli {

using name_value = std::pair<std::string, std::string>;

/// What the user asked for; options that a verb does not have keep their defaults.
struct arguments {
    std::string verb;
    std::vector<std::string> targets; ///< the positional arguments

    // of all verbs
    std::vector<name_value> settings; ///< -o, --region and the like, for blobstore_config_set
    std::vector<std::string> storages;
    bool quiet = false;
    int verbose = 0;
    bool json = false;
    bool progress = false; ///< also where standard error is no terminal
    bool no_color = false;
    std::string state_home, home; ///< of the environment

    // of some
    bool recursive = false;
    bool dry_run = false;
    bool no_glob = false;    ///< '*' in a URL is a letter
    bool from_stdin = false; ///< rm: URLs come from there
    bool human = false;
    bool versions = false;  ///< ls: all of them; mb: the bucket keeps them
    std::string action;     ///< of the verbs that have several
    std::string older_than; ///< uploads abort
    unsigned jobs = 8;
    std::vector<filter_rule> rules; ///< --include and --exclude, in order
    std::string content_type, content_encoding, cache_control;
    std::string storage_class;
    std::vector<name_value> metadata, tags;
    bool if_absent = false;
    bool resume = false;
    std::string resume_path; ///< empty: one for each transfer, in the state folder
    std::string range;
    std::string method = "GET";
    std::string expires = "900";
    std::string at;
    std::vector<name_value> headers, query;
};

/// Either arguments, or a text to print (help) and nothing else to do.
struct parsed {
    arguments args;
    bool is_help = false;
    std::string help;
};

/// Takes the words behind the program's name. Throws usage_error.
parsed parse_arguments(const std::vector<std::string>& words);

/// The help of a verb, or with "" of the program. Throws usage_error for what is no verb.
std::string help_text(const std::string& verb);

} // namespace blobstore::cli
