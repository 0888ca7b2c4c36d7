// SPDX-License-Identifier: Apache-2.0
// Opens each store once for the whole program.
#include "target.h"

#include "fakes/s3_server.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace conformance {

namespace {

std::map<std::string, std::optional<target>> targets;
std::vector<std::unique_ptr<blobstore::fakes::s3_server>> fakes;
std::vector<std::string> folders;

std::string variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
}

target file_target() {
    std::string folder = (std::filesystem::temp_directory_path() / "conformance-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folders.push_back(folder);
    return {"file", kind::file, false, "file://" + folder, {}, folder};
}

target fake_target(bool tls) {
    blobstore::fakes::server_options options;
    if (tls) options.tls = blobstore::fakes::tls_mode::on;
    fakes.push_back(std::make_unique<blobstore::fakes::s3_server>(options));
    const auto& server = *fakes.back();
    target made{tls ? "fake_tls" : "fake", kind::fake, tls, "", {}, ""};
    made.url = "s3://bucket?endpoint=" + server.endpoint() + "&region=us-east-1";
    made.settings = {{"access_key_id", "testkey"}, {"secret_access_key", "testsecret1234"}};
    if (tls) made.settings.emplace_back("ca_file", server.ca().ca_file());
    return made;
}

std::optional<target> server_target(const std::string& name) {
    std::string upper = name;
    for (char& c : upper)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    target made{name, kind::server, name.ends_with("_tls"), "", {}, ""};
    made.url = variable("BLOBSTORE_TEST_" + upper + "_URL");
    if (made.url.empty()) return std::nullopt;
    made.settings = {
        {"access_key_id", variable("BLOBSTORE_TEST_ACCESS_KEY_ID")},
        {"secret_access_key", variable("BLOBSTORE_TEST_SECRET_ACCESS_KEY")}};
    if (made.tls) made.settings.emplace_back("ca_file", variable("BLOBSTORE_TEST_CA"));
    return made;
}

std::optional<target> make(const std::string& name) {
    if (name == "memory") return target{name, kind::memory, false, "memory://", {}, ""};
    if (name == "file") return file_target();
    if (name == "fake" || name == "fake_tls") return fake_target(name == "fake_tls");
    if (name != "live") return server_target(name);
    target live{name, kind::server, true, variable("BLOBSTORE_LIVE_URL"), {}, ""};
    if (live.url.empty()) return std::nullopt;
    return live;
}

} // namespace

const target* find_target(const std::string& name) {
    auto at = targets.find(name);
    if (at == targets.end()) at = targets.emplace(name, make(name)).first;
    return at->second ? &*at->second : nullptr;
}

void end_targets() {
    targets.clear();
    fakes.clear();
    for (const std::string& folder : folders)
        std::filesystem::remove_all(folder);
}

} // namespace conformance
