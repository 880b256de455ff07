// SPDX-License-Identifier: Apache-2.0
// Owners from lists made here: a dpkg database, a folder of Python packages, node modules; and from hostile ones.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "core/artifact/git_lfs.hpp"
#include "core/artifact/owners.hpp"
#include "core/artifact/package_url.hpp"
#include "core/artifact/python_packages.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "tests/unit/artifact/entry_of.hpp"
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
    return testing::entry_of(path, role);
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

TEST_CASE("conda's records say whose a file is and whether it is what was installed") {
    const Scratch scratch;
    const std::string prefix = scratch / "envs/x";
    const std::string library = make(prefix + "/lib/libz.so.1", "z"), program = make(prefix + "/bin/tool", "prefixed");
    const std::string site = prefix + "/lib/python3.11/site-packages";
    const std::string module = make(site + "/any/a.py", "x = 1\n"), changed = make(site + "/any/b.py", "evil");
    const std::string bytecode = make(site + "/any/__pycache__/a.cpython-311.pyc", "new");
    const std::string by_pip = make(site + "/any/c.py", "x = 1\n"), stranger = make(site + "/stranger.py", "");
    const std::string link = make(prefix + "/lib/libz.so", "no link any more"), other = make(scratch / "envs/y.py", "");
    const auto hex = [](const std::string& content) { return base::to_hex(digest::sha256(content)); };
    make(prefix + "/conda-meta/history", "");
    make(prefix + "/conda-meta/zlib-1.3-h1_0.json",
         R"({"build": "h1_0", "build_number": 0, "depends": ["a", {"name": "no"}], "name": "zlib", "version": "1.3",
             "files": ["lib/libz.so.1", "bin/tool", "lib/libz.so"], "subdir": "linux-64", "paths_data": {"paths": [
             {"_path": "lib/libz.so.1", "sha256": ")" +
             hex("z") + R"("}, {"_path": "lib/libz.so", "path_type":
             "softlink", "sha256_in_prefix": ")" +
             hex("z") + R"("},
             {"_path": "bin/tool", "prefix_placeholder": "/h", "sha256": ")" +
             hex("as built") + R"(", "sha256_in_prefix": ")" + hex("prefixed") + R"("}], "paths_version": 1}})");
    // A package for any Python names its files as they are in the package; mamba calls the build build_string.
    make(prefix + "/conda-meta/any-2!1+b-py_0.json",
         R"({"build_string": "py_0", "name": "any", "version": "2!1+b", "files":
             ["lib/python3.11/site-packages/any/a.py", "lib/python3.11/site-packages/any/__pycache__/a.cpython-311.pyc"],
             "paths_data": {"paths": [{"_path": "site-packages/any/a.py", "sha256_in_prefix": ")" +
             hex("x = 1\n") + R"("}, {"_path": "site-packages/any/b.py", "sha256_in_prefix": ")" + hex("x = 1\n") +
             R"("}, {"_path": "site-packages/any/c.py", "sha256_in_prefix": ")" + hex("older") +
             R"("}, {"_path": "site-packages/any/__pycache__/a.cpython-311.pyc", "sha256": ")" + hex("old") +
             R"("}]}})");
    make(site + "/any-3.dist-info/RECORD",
         std::string("any/b.py,") + kDigestOfX + ",6\nany/c.py," + kDigestOfX + ",6\n");
    const std::string zlib = "pkg:conda/zlib@1.3?build=h1_0&subdir=linux-64",
                      any = "pkg:conda/any@2%211%2Bb?build=py_0";
    CHECK(owned(used(library, "library")).owner == zlib);
    CHECK(owned(used(library, "library")).owner_verified == true);
    CHECK(owned(used(program, "executable")).owner == zlib);
    CHECK(owned(used(program, "executable")).owner_verified == true);
    CHECK(owned(used(link, "library")).owner == zlib);
    CHECK_FALSE(owned(used(link, "library")).owner_verified.has_value());
    CHECK(owned(used(module)).owner == any);
    CHECK(owned(used(module)).owner_verified == true);
    CHECK(owned(used(changed)).owner == any);
    CHECK(owned(used(changed)).owner_verified == false);
    CHECK(owned(used(bytecode)).owner == any);
    CHECK_FALSE(owned(used(bytecode)).owner_verified.has_value());
    CHECK(owned(used(by_pip)).owner == "pkg:pypi/any@3");  // pip installed over it
    CHECK(owned(used(by_pip)).owner_verified == true);
    CHECK(owned(used(stranger)).owner.empty());
    CHECK_FALSE(owned(used(stranger)).owner_verified.has_value());
    CHECK(owned(used(other)).owner.empty());

    // Of two packages with one file, the one with its digest.
    make(prefix + "/conda-meta/clobber-1-0.json",
         R"({"build": "0", "name": "clobber", "version": "1", "paths_data": {"paths": [{"_path":
             "site-packages/any/b.py", "sha256": ")" +
             hex("evil") + R"("}]}})");
    CHECK(owned(used(changed)).owner == "pkg:conda/clobber@1?build=0");
    CHECK(owned(used(changed)).owner_verified == true);

    // A program that was rewritten for the prefix has no other digest than its own.
    make(prefix + "/conda-meta/zlib-1.3-h1_0.json", R"({"name": "zlib", "version": "1.3", "paths_data": {"paths": [
             {"_path": "bin/tool", "sha256": ")" + hex("as built") +
                                                        R"(", "prefix_placeholder": "/h"}]}})");
    CHECK(owned(used(program, "executable")).owner == "pkg:conda/zlib@1.3");
    CHECK_FALSE(owned(used(program, "executable")).owner_verified.has_value());
}

TEST_CASE("a conda record that is none is passed over") {
    const Scratch scratch;
    const std::string library = make(scratch / "lib/libz.so.1", "z");
    const std::string meta = scratch / "conda-meta";
    std::filesystem::create_directories(meta);
    REQUIRE(::mkfifo((meta + "/a-1-0.json").c_str(), 0600) == 0);
    const std::vector<std::string> none{
        "",
        "[]",
        R"({"files": ["lib/libz.so.1"]})",
        R"({"name": "z", "files": ["lib/libz.so.1"]})",
        std::string(500'000, '['),
        R"({"name": {"name": "z"}, "version": "1", "files": ["lib/libz.so.1"]})",
        R"({"name": "z", "version": "1", "files": {"x": ["lib/libz.so.1"]}})",
        R"({"name": "z", "version": "1", "files": ["lib/libz.so.1"])",
        R"({"version": "1", "files": ["lib/libz.so.1"], "name": ")" + std::string(300, 'z') + "\"}"};
    for (const std::string& bad : none) {
        make(meta + "/z-1-0.json", bad);
        CHECK(owned(used(library, "library")).owner.empty());
    }
    make(meta + "/z-1-0.json", R"({"name": "z@/\u0001", "version": "1", "build": "a&b=", "files": ["lib/libz.so.1"],
         "paths_data": {"paths": [{"_path": "lib/libz.so.1", "sha256": "00"}]}})");
    CHECK(owned(used(library, "library")).owner == "pkg:conda/z%40/%01@1?build=a%26b%3D");
    CHECK_FALSE(owned(used(library, "library")).owner_verified.has_value());
}

TEST_CASE("where a repository came from is told without who may go there") {
    const auto url = [](const std::string& address) {
        return artifact::repository_url("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = " + address + "\n");
    };
    CHECK(url("https://user:secret@GitHub.com/Org/Name.git") == "pkg:github/org/name");
    CHECK(url("git@github.com:Org/Name.git") == "pkg:github/org/name");
    CHECK(url("ssh://git@bitbucket.org:22/Org/Name/") == "pkg:bitbucket/org/name");
    CHECK(url("https://huggingface.co/Org/Name") == "pkg:huggingface/Org/Name");
    CHECK(url("https://huggingface.co/datasets/Org/Name") == "pkg:huggingface/datasets/Org/Name");
    CHECK(url("\"https://token@host.example:8443/a/b/c.git?token=x#y\"") ==
          "pkg:generic/c?vcs_url=git%2Bhttps://host.example/a/b/c");
    for (const char* none : {"/srv/a.git", "../a", "file:///srv/a", "", "https://", "https://host", "https://h/a b",
                             "https://h/a@b", "ext::sh -c x", "https://[::1]/a"})
        CHECK(url(none).empty());
    CHECK(url("https://h/" + std::string(600, 'a')).empty());
    CHECK(artifact::repository_url("[remote \"a\"]\nurl=https://h/a\n[remote \"b\"]\nURL = https://h/b\n") ==
          "pkg:generic/a?vcs_url=git%2Bhttps://h/a");
    CHECK(artifact::repository_url("url = https://h/a\n[branch \"origin\"]\nurl = https://h/a").empty());
}

TEST_CASE("what Git LFS has stored is its repository's") {
    const Scratch scratch;
    const std::string tree = scratch / "tree", model = make(tree + "/models/deep/net.bin", "weights");
    const std::string changed = make(tree + "/models/deep/other.bin", "other"),
                      script = make(tree + "/train.py", "weights");
    const std::string outside = make(scratch / "outside/net.bin", "weights");
    const std::string name = base::to_hex(digest::sha256(std::string_view("weights")));
    const std::string object = tree + "/.git/lfs/objects/" + name.substr(0, 2) + "/" + name.substr(2, 2) + "/" + name;
    make(tree + "/.git/config", "[remote \"origin\"]\n\turl = git@github.com:a/b.git\n");
    const auto found = [](const std::string& path, const std::string& role = "model") {
        run::FileEntry entry = used(path, role);
        entry.size = std::filesystem::file_size(path);
        return owned(entry);
    };
    CHECK(found(model).owner.empty());  // no store
    make(object, "weights");
    CHECK(found(model).owner == "pkg:github/a/b");
    CHECK(found(model).owner_verified == true);
    CHECK(found(model, "data").owner == "pkg:github/a/b");
    CHECK(found(changed).owner.empty());
    CHECK_FALSE(found(changed).owner_verified.has_value());
    CHECK(found(script, "code").owner.empty());
    CHECK(found(outside).owner.empty());
    run::FileEntry elsewhere = used(model, "model");
    elsewhere.size = 7;
    CHECK(owned(elsewhere).owner == "pkg:github/a/b");
    elsewhere.object.inode += 1;
    CHECK(owned(elsewhere).owner.empty());

    make(object, "weig");  // not of that content
    CHECK(found(model).owner.empty());
    std::filesystem::remove(object);
    std::filesystem::create_symlink(model, object);
    CHECK(found(model).owner.empty());
    std::filesystem::remove(object);
    make(object, "weights");
    std::filesystem::remove(tree + "/.git/config");
    REQUIRE(::mkfifo((tree + "/.git/config").c_str(), 0600) == 0);
    CHECK(found(model).owner.empty());
}

TEST_CASE("a node module is its package's") {
    const Scratch scratch;
    const std::string module = make(scratch / "node_modules/@a/b/lib/c.js", "x");
    make(scratch / "node_modules/@a/b/package.json", R"({"deep": {"name": "no"}, "name": "@a/b", "version": "1.2.3"})");
    CHECK(owned(used(module)).owner == "pkg:npm/%40a/b@1.2.3");
    make(scratch / "node_modules/@a/b/package.json", "[" + std::string(500'000, '['));
    CHECK(owned(used(module)).owner.empty());
}
