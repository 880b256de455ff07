// SPDX-License-Identifier: Apache-2.0
// Owners from lists made here: a dpkg database, a folder of Python packages, node modules; and from hostile ones.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "core/artifact/owners.hpp"
#include "core/artifact/package_url.hpp"
#include "core/artifact/python_packages.hpp"
#include "core/digest/digest.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using testing::put;
using testing::Scratch;

namespace {

std::string make(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    return put(path, content);
}

run::FileEntry used(const std::string& path, const std::string& role = "code") {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.role = role;
    entry.object.device = major(status.st_dev) << 20 | minor(status.st_dev);
    entry.object.inode = status.st_ino;
    entry.digest = digest::sha256(testing::content_of(path));
    return entry;
}

run::FileEntry owned(const run::FileEntry& entry, const artifact::PackageLists& lists = {}) {
    std::vector<run::FileEntry> files{entry};
    artifact::assign_owners(files, lists);
    return files.front();
}

// base64 of the digest of "x = 1\n", URL-safe and without padding, as pip writes it.
constexpr const char* kDigestOfX = "sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q";

}  // namespace

TEST_CASE("a package URL has its parts encoded") {
    CHECK(artifact::package_url("deb/debian", "libstdc++6", "12.2.0-14+deb12u1") ==
          "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1");
    CHECK(artifact::package_url("npm", "@a/b", "1.0") == "pkg:npm/%40a/b@1.0");
    CHECK(artifact::package_url("pypi", "x", "") == "pkg:pypi/x");
}

TEST_CASE("pip's RECORD says whose a file is and whether it is what was installed") {
    const Scratch scratch;
    const std::string site = scratch / "lib/python3.11/site-packages";
    const std::string module = make(site + "/Some_Thing/a.py", "x = 1\n");
    const std::string changed = make(site + "/Some_Thing/b.py", "x = 2\n");
    const std::string quoted = make(site + "/Some_Thing/a,b\".py", "");
    const std::string bytecode = make(site + "/Some_Thing/__pycache__/a.cpython-311.pyc", "");
    const std::string stranger = make(site + "/stranger.py", "");
    const std::string data = make(site + "/Some_Thing/table.csv", "");
    make(site + "/Some_Thing-1.2+cpu.dist-info/RECORD",
         std::string("Some_Thing/a.py,") + kDigestOfX + ",6\r\nSome_Thing/b.py," + kDigestOfX +
             ",6\n\"Some_Thing/a,b\"\".py\",,\nSome_Thing/table.csv,,\nSome_Thing-1.2+cpu.dist-info/RECORD,,\n");
    make(site + "/other-3.dist-info/RECORD", "../../../bin/other,sha256=xyz,1\nother/__init__.py,,\n");
    const std::string url = "pkg:pypi/some-thing@1.2%2Bcpu";
    CHECK(owned(used(module)).owner == url);
    CHECK(owned(used(module)).owner_verified == true);
    CHECK(owned(used(changed)).owner == url);
    CHECK(owned(used(changed)).owner_verified == false);
    CHECK(owned(used(quoted)).owner == url);
    CHECK_FALSE(owned(used(quoted)).owner_verified.has_value());
    CHECK(owned(used(bytecode)).owner == url);
    CHECK_FALSE(owned(used(bytecode)).owner_verified.has_value());
    CHECK(owned(used(stranger)).owner.empty());
    CHECK(owned(used(stranger)).owner_verified == false);
    CHECK(owned(used(data, "data")).owner.empty());

    run::FileEntry elsewhere = used(module);
    elsewhere.object.inode += 1;  // the step saw another file under that path
    CHECK(owned(elsewhere).owner.empty());
}

TEST_CASE("where a list cannot be read or another tool installs, nobody is called a stranger") {
    const Scratch scratch;
    const std::string site = scratch / "lib/python3.11/site-packages";
    const std::string stranger = make(site + "/stranger.py", "");
    CHECK_FALSE(owned(used(stranger)).owner_verified.has_value());  // no RECORD at all
    make(site + "/a-1.dist-info/RECORD", "a.py,,\n");
    CHECK(owned(used(stranger)).owner_verified == false);
    make(site + "/b-1.dist-info/METADATA", "");  // Debian's have none
    CHECK(owned(used(stranger)).owner_verified == false);
    std::filesystem::create_directories(site + "/c-1.dist-info");
    REQUIRE(::mkfifo((site + "/c-1.dist-info/RECORD").c_str(), 0600) == 0);  // opened by nobody who would wait
    CHECK_FALSE(owned(used(stranger)).owner_verified.has_value());
    std::filesystem::remove_all(site + "/c-1.dist-info");
    std::filesystem::create_directories(scratch / "conda-meta");
    CHECK_FALSE(owned(used(stranger)).owner_verified.has_value());
}

TEST_CASE("dpkg's lists are read once and asked by an index") {
    const Scratch scratch;
    artifact::PackageLists lists{scratch / "dpkg", scratch / "index"};
    const std::string program = make(scratch / "root/bin/tool", "#!"), module = make(scratch / "root/lib/m.py", "x");
    const std::string bytecode = make(scratch / "root/lib/__pycache__/m.cpython-311.pyc", "x");
    const std::string other = make(scratch / "root/bin/other", "x");
    make(lists.dpkg + "/status",
         "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0+b1\n\n"
         "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n"
         "Package: m\nStatus: install ok installed\nArchitecture: all\nVersion: 3\n");
    make(lists.dpkg + "/info/tool:amd64.list", "/.\n" + program + "\n");
    make(lists.dpkg + "/info/m.list", module + "\n");
    make(lists.dpkg + "/info/gone.list", other + "\n");
    for (const bool made_before : {false, true}) {
        CHECK(std::filesystem::exists(lists.dpkg_index) == made_before);
        const std::string owner = owned(used(program, "executable"), lists).owner;
        CHECK(owner.starts_with("pkg:deb/"));
        CHECK(owner.ends_with("/tool@1:2.0%2Bb1"));
        CHECK(owned(used(module), lists).owner.ends_with("/m@3"));
        CHECK(owned(used(bytecode), lists).owner.ends_with("/m@3"));
        CHECK(owned(used(other, "executable"), lists).owner.empty());
        CHECK_FALSE(owned(used(program, "executable"), lists).owner_verified.has_value());
    }
    // Another state of the database is another index.
    make(lists.dpkg + "/status", "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9.9\n");
    CHECK(owned(used(program, "executable"), lists).owner.ends_with("/tool@9.9"));

    const std::string good = testing::content_of(lists.dpkg_index);
    for (std::size_t size = 0; size < good.size(); ++size) {
        put(lists.dpkg_index, good.substr(0, size));
        REQUIRE(owned(used(program, "executable"), lists).owner.ends_with("/tool@9.9"));
    }
    lists.dpkg = scratch / "none";
    CHECK(owned(used(program, "executable"), lists).owner.empty());
}

TEST_CASE("a node module is its package's") {
    const Scratch scratch;
    const std::string module = make(scratch / "node_modules/@a/b/lib/c.js", "x");
    make(scratch / "node_modules/@a/b/package.json", R"({"deep": {"name": "no"}, "name": "@a/b", "version": "1.2.3"})");
    CHECK(owned(used(module)).owner == "pkg:npm/%40a/b@1.2.3");
    make(scratch / "node_modules/@a/b/package.json", "[" + std::string(500'000, '['));
    CHECK(owned(used(module)).owner.empty());
}
