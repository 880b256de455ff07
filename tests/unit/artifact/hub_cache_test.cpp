// SPDX-License-Identifier: Apache-2.0
// Models and datasets in caches laid out as huggingface_hub does it, whole ones and hostile ones.
#include "core/artifact/hub_cache.hpp"

#include <sys/stat.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "core/artifact/owners.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "tests/unit/artifact/entry_of.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using testing::Scratch;
namespace fs = std::filesystem;

namespace {

const std::string kFirst(40, 'a'), kSecond(40, 'b'), kGitHash(40, '1');

std::string hash_of(const std::string& content) { return base::to_hex(digest::sha256(content)); }

struct Cache {
    explicit Cache(const std::string& name) : folder(scratch / ("hub/" + name)) {
        fs::create_directories(folder + "/blobs");
    }
    std::string blob(const std::string& name, const std::string& content) const {
        return testing::put(folder + "/blobs/" + name, content);
    }
    void link(const std::string& revision, const std::string& path, const std::string& blob) const {
        const fs::path at = folder + "/snapshots/" + revision + "/" + path;
        fs::create_directories(at.parent_path());
        fs::create_symlink(fs::relative(folder + "/blobs", at.parent_path()) / blob, at);
    }
    Scratch scratch;
    std::string folder;
};

run::FileEntry used(const std::string& path, const std::string& role = "model") {
    return testing::entry_of(path, role);
}

std::vector<run::FileEntry> owned(std::vector<run::FileEntry> files) {
    artifact::assign_owners(files, {});
    return files;
}

std::string url_of(const std::string& path) {
    const auto place = artifact::hub_place_of(path);
    return place ? artifact::hub_url(place->folder, place->revision) : std::string();
}

}  // namespace

TEST_CASE("a path in a Hugging Face cache names its repository") {
    const std::string hash(64, 'c');
    CHECK(url_of("/h/models--Org--Name.v1/blobs/" + hash) == "pkg:huggingface/Org/Name.v1");
    CHECK(url_of("/h/models--bert-base/blobs/" + kGitHash) == "pkg:huggingface/bert-base");
    CHECK(url_of("/h/datasets--o--d/blobs/" + hash) == "pkg:huggingface/datasets/o/d");
    CHECK(url_of("/h/spaces--o--s/snapshots/" + kFirst + "/app.py") == "pkg:huggingface/spaces/o/s@" + kFirst);
    CHECK(url_of("/h/models--o--m/snapshots/" + kFirst + "/a/b.json") == "pkg:huggingface/o/m@" + kFirst);
    CHECK(url_of("/a--b/models--o--m/blobs/" + hash) == "pkg:huggingface/o/m");
    // A repository may hold folders that are called as another one's cache: they are the outer one's.
    CHECK(url_of("/h/models--o--m/snapshots/" + kFirst + "/models--x--y/blobs/" + hash) ==
          "pkg:huggingface/o/m@" + kFirst);
    const std::vector<std::string> others{"/h/models--o--m/blobs/" + hash + ".incomplete",
                                          "/h/models--o--m/blobs/" + std::string(64, 'C'),
                                          "/h/models--o--m/blobs/x/" + hash,
                                          "/h/models--o--m/refs/main",
                                          "/h/models--o--m/snapshots/main/x",
                                          "/h/models--o--m/snapshots/" + kFirst,
                                          "/h/models--o--m--n/blobs/" + hash,
                                          "/h/models--/blobs/" + hash,
                                          "/h/models--o--/blobs/" + hash,
                                          "/h/models--o--a b/blobs/" + hash,
                                          "/h/models--o--../blobs/" + hash,
                                          "/h/xmodels--o--m/blobs/" + hash,
                                          "/h/models--" + std::string(97, 'o') + "/blobs/" + hash,
                                          "/h/models--o--m\xff/blobs/" + hash,
                                          "--",
                                          ""};
    for (const std::string& none : others) CHECK(url_of(none).empty());
}

TEST_CASE("a blob says whether it is what it is called, and links which revision it is of") {
    const Cache cache("models--Org--net");
    const std::string weights = cache.blob(hash_of("weights"), "weights");
    const std::string swapped = cache.blob(hash_of("good"), "evil");
    const std::string config = cache.blob(kGitHash, "{}");
    const std::string orphan = cache.blob(hash_of("orphan"), "orphan");
    cache.link(kFirst, "model.safetensors", hash_of("weights"));
    cache.link(kFirst, "deep/er/swapped.bin", hash_of("good"));
    cache.link(kFirst, "config.json", kGitHash);
    cache.link("main", "model.safetensors", hash_of("orphan"));  // no commit
    const auto files = owned({used(weights), used(swapped), used(config, "cache"), used(orphan)});
    const std::string url = "pkg:huggingface/Org/net";
    CHECK(files[0].owner == url + "@" + kFirst);
    CHECK(files[0].owner_verified == true);
    CHECK(files[1].owner == url + "@" + kFirst);
    CHECK(files[1].owner_verified == false);
    CHECK(files[2].owner == url + "@" + kFirst);
    CHECK_FALSE(files[2].owner_verified.has_value());
    CHECK(files[3].owner == url);
    CHECK(files[3].owner_verified == true);

    // Another has its place now: the content that was read is told all the same.
    run::FileEntry gone = used(swapped);
    gone.object.inode += 1;
    CHECK(owned({gone})[0].owner == url);
    CHECK(owned({gone})[0].owner_verified == false);
    gone.path.truncated = true;
    CHECK(owned({gone})[0].owner.empty());
}

TEST_CASE("a blob of several revisions is of the one that has all that was read, or of none that is told") {
    const Cache cache("datasets--o--d");
    const std::string same = cache.blob(hash_of("same"), "same"), old = cache.blob(hash_of("old"), "old"),
                      fresh = cache.blob(hash_of("new"), "new");
    for (const std::string& revision : {kFirst, kSecond}) cache.link(revision, "same", hash_of("same"));
    cache.link(kFirst, "part", hash_of("old"));
    cache.link(kSecond, "part", hash_of("new"));
    const std::string url = "pkg:huggingface/datasets/o/d";
    CHECK(owned({used(same)})[0].owner == url);
    CHECK(owned({used(same), used(fresh)})[0].owner == url + "@" + kSecond);
    const auto both = owned({used(same), used(fresh), used(old)});
    CHECK(both[0].owner == url);
    CHECK(both[1].owner == url + "@" + kSecond);
    CHECK(both[2].owner == url + "@" + kFirst);
}

TEST_CASE("links that lead elsewhere and folders without end tell nothing") {
    const Cache cache("models--o--m");
    const std::string name = hash_of("x"), blob = cache.blob(name, "x");
    const std::string snapshot = cache.folder + "/snapshots/" + kFirst;
    fs::create_directories(snapshot + "/blobs");
    const auto revision = [&](std::size_t budget) {
        artifact::Blobs blobs{{name, ""}};
        artifact::find_revisions(cache.folder, blobs, budget);
        return blobs.find(name)->second;
    };
    const std::vector<std::string> targets{"blobs/" + name,          "../blobs/" + name,
                                           "../../../blobs/" + name, "../../blobs/./" + name,
                                           "/blobs/" + name,         cache.folder + "x/blobs/" + name,
                                           std::string(4000, '.')};
    for (const std::string& target : targets) {
        fs::create_symlink(target, snapshot + "/link");
        CHECK(revision(1000).empty());
        fs::remove(snapshot + "/link");
    }
    REQUIRE(::mkfifo((snapshot + "/fifo").c_str(), 0600) == 0);
    fs::create_symlink(cache.folder + "/blobs/" + name, snapshot + "/link");
    CHECK(revision(1000) == kFirst);
    CHECK(revision(5).empty());
    fs::remove(snapshot + "/link");
    fs::create_symlink(snapshot, snapshot + "/around");
    std::string deep = snapshot;
    for (int i = 0; i < 40; ++i) deep += "/d";
    fs::create_directories(deep);
    fs::create_symlink(cache.folder + "/blobs/" + name, deep + "/link");
    CHECK(revision(1000).empty());
    fs::remove_all(cache.folder + "/snapshots");
    CHECK(revision(1000).empty());
    REQUIRE(::mkfifo((cache.folder + "/snapshots").c_str(), 0600) == 0);
    CHECK(revision(1000).empty());
    CHECK(owned({used(blob)})[0].owner == "pkg:huggingface/o/m");
}
