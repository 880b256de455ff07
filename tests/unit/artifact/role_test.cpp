// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <array>

#include <catch2/catch.hpp>

#include "core/artifact/role.hpp"

using namespace fstracker;

namespace {

std::string role(const std::string& path, std::uint32_t access = event::kRead, bool output = false,
                 std::uint32_t mode = S_IFREG | 0644) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.access = access;
    entry.output = output;
    entry.mode = mode;
    return artifact::role_of(entry);
}

}  // namespace

TEST_CASE("use says more than a name") {
    CHECK(role("/usr/bin/python3.11", event::kExecute | event::kRead) == "executable");
    CHECK(role("/lib64/ld-linux-x86-64.so.2", event::kLoad) == "library");
    CHECK(role("/tmp/x/payload.csv", event::kLoad | event::kRead) == "library");
    CHECK(role("/dev/nvidia0", event::kRead | event::kWrite, false, S_IFCHR | 0666) == "device");
    CHECK(role("/dev/loop0", event::kRead, false, S_IFBLK | 0660) == "device");
    CHECK(role("/work/models/model.safetensors", event::kWrite | event::kCreate, true) == "output");
    CHECK(role("/tmp/result", event::kWrite, true) == "output");
    CHECK(role("/work/run.sh", event::kExecute) == "code");
}

TEST_CASE("what is read is known by its suffix, whatever its case") {
    struct Expected {
        const char* path;
        const char* role;
    };
    static constexpr auto kExpected = std::to_array<Expected>({
        {"/d/train.csv", "data"},
        {"/d/IMG.JPG", "data"},
        {"/d/part-0.parquet", "data"},
        {"/d/events.jsonl", "data"},
        {"/tmp/d/train.npy", "data"},
        {"/m/model.safetensors", "model"},
        {"/m/llama.Q4.gguf", "model"},
        {"/m/net.pt", "model"},
        {"/p/train.py", "code"},
        {"/p/notebook.ipynb", "code"},
        {"/p/config.yaml", "config"},
        {"/p/tokenizer.json", "config"},
        {"/usr/lib/libz.so", "library"},
        {"/usr/lib/libz.so.1.2.13", "library"},
        {"/p/m.cpython-311-x86_64-linux-gnu.so", "library"},
        {"/p/notes.some", "other"},
        {"/p/README", "other"},
        {"/p/.so", "other"},
    });
    for (const Expected& expected : kExpected) {
        INFO(expected.path);
        CHECK(role(expected.path) == expected.role);
    }
}

TEST_CASE("places tell what suffixes do not") {
    CHECK(role("/etc/hosts") == "config");
    CHECK(role("/home/u/.config/app/settings") == "config");
    CHECK(role("/tmp/abc") == "temp");
    CHECK(role("/var/tmp/abc") == "temp");
    CHECK(role("/dev/shm/sem.x") == "temp");
    CHECK(role("/memfd:jit") == "temp");
    CHECK(role("/home/u/tmp/abc") == "other");
    CHECK(role("/home/u/.cache/huggingface/hub/models--x/blobs/abc") == "cache");
    CHECK(role("/home/u/.cache/huggingface/hub/models--x/snapshots/1/model.safetensors") == "model");
    CHECK(role("/p/__pycache__/train.cpython-311.pyc") == "code");
    CHECK(role("/p/__pycache__/train.cpython-311.pyc", event::kWrite | event::kCreate, true) == "cache");
}

TEST_CASE("secrets are secrets in whatever way they are used") {
    for (const char* path : {"/home/u/.ssh/id_ed25519", "/root/.aws/credentials", "/home/u/.netrc", "/etc/shadow",
                             "/home/u/.kaggle/kaggle.json", "/home/u/.cache/huggingface/token", "/run/secrets/db",
                             "/p/.env", "/keys/id_rsa", "/home/u/.docker/config.json"}) {
        INFO(path);
        CHECK(role(path) == "credential");
        CHECK(role(path, event::kWrite | event::kCreate, true) == "credential");
    }
    CHECK(role("/home/u/notes.ssh/x") == "other");
    CHECK(role("/p/environment.env") == "other");
    CHECK(role("/p/config.env.py") == "code");
    for (const char* path : {"/home/u/.ssh/id_ed25519.pub", "/home/u/.ssh/config", "/home/u/.ssh/known_hosts",
                             "/home/u/.ssh/authorized_keys", "/root/.aws/config"})
        CHECK(role(path) != "credential");
}

TEST_CASE("an empty path and one of slashes have a role too") {
    CHECK(role("") == "other");
    CHECK(role("/") == "other");
    CHECK(role(std::string(5000, '/')) == "other");
}

namespace {

std::string role_with(const std::string& path, const std::string& format, std::vector<std::string> imports = {},
                      std::uint32_t access = event::kRead) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.access = access;
    entry.mode = S_IFREG | 0644;
    entry.format = format;
    entry.imports = std::move(imports);
    return artifact::role_of(entry);
}

}  // namespace

TEST_CASE("what a content is says more than its name, and less than its use") {
    CHECK(role_with("/d/weights.bin", "safetensors") == "model");
    CHECK(role_with("/d/table.csv", "pytorch") == "model");
    CHECK(role_with("/tmp/x", "gguf") == "model");
    CHECK(role_with("/home/u/.cache/huggingface/hub/models--x/blobs/abc", "safetensors") == "model");
    CHECK(role_with("/d/x", "parquet") == "data");
    CHECK(role_with("/d/forest.pkl", "pickle", {"numpy.dtype", "sklearn.tree._tree.Tree"}) == "model");
    CHECK(role_with("/d/rows.pkl", "pickle", {"numpy.dtype"}) == "data");
    CHECK(role_with("/d/rows.joblib", "joblib", {"joblib.numpy_pickle.NumpyArrayWrapper"}) == "data");
    CHECK(role_with("/usr/lib/python3.11/lib2to3/Grammar3.11.pickle", "pickle") == "other");
    CHECK(role_with("/p/site-packages/hook.pth", "text") == "code");
    CHECK(role_with("/p/site-packages/net/weights.pth", "pytorch") == "model");
    CHECK(role_with("/d/x.safetensors", "safetensors", {}, event::kLoad) == "library");
    CHECK(role_with("/p/.env", "safetensors") == "credential");
}

TEST_CASE("a format that is a guess counts where nothing else says anything") {
    CHECK(role_with("/d/train", "csv") == "data");
    CHECK(role_with("/d/config.yaml", "csv") == "config");
    CHECK(role_with("/etc/hosts", "csv") == "config");
    CHECK(role_with("/usr/share/zoneinfo/zone.tab", "csv") == "other");
    CHECK(role_with("/p/tool", "python") == "code");
    CHECK(role_with("/d/notes", "text") == "other");
}

TEST_CASE("what the project declares comes before all that is told") {
    const auto declared = artifact::DeclaredRoles::make({{"data", {"$DATA/**", "$WORK/raw/"}},
                                                         {"model", {"models/**", "$DATA/nets/*.bin"}},
                                                         {"config", {"**/special.csv"}}},
                                                        {{"DATA", "/mnt/d"}}, "/p");
    REQUIRE(declared);
    const auto role_of = [&](const std::string& path, std::uint32_t mode = S_IFREG | 0644) {
        run::FileEntry entry;
        entry.path.bytes = path;
        entry.access = event::kRead;
        entry.mode = mode;
        entry.output = true;
        return artifact::role_of(entry, *declared);
    };
    CHECK(role_of("/mnt/d/a/b/c.py") == "data");
    CHECK(role_of("/mnt/data/c.py") == "output");
    CHECK(role_of("/mnt/d/nets/x.bin") == "model");  // the longer pattern
    CHECK(role_of("/mnt/d/nets/deep/x.bin") == "data");
    CHECK(role_of("/p/models/.ssh/x") == "model");
    CHECK(role_of("/elsewhere/models/x") == "output");
    CHECK(role_of("/p/raw/x/y") == "data");
    CHECK(role_of("/p/a/special.csv") == "config");
    CHECK(role_of("/mnt/d/null", S_IFCHR | 0666) == "device");
    const auto unknown = artifact::DeclaredRoles::make({{"data", {"$NONE/x"}}}, {}, "/p");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message == "roles: data: $NONE/x: there is no root NONE");
}

TEST_CASE("patterns match by segments") {
    using artifact::matches_path;
    CHECK(matches_path("/a/*/c", "/a/b/c"));
    CHECK_FALSE(matches_path("/a/*/c", "/a/b/b/c"));
    CHECK(matches_path("/a/**/c", "/a/c"));
    CHECK(matches_path("/a/**/c", "/a/b/b/c"));
    CHECK(matches_path("/a/**", "/a/b/c"));
    CHECK(matches_path("/a/**", "/a"));
    CHECK(matches_path("/a/", "/a/b"));
    CHECK(matches_path("/a/?-*.csv", "/a/1-x.csv"));
    CHECK_FALSE(matches_path("/a/?-*.csv", "/a/12-x.csv"));
    CHECK(matches_path("/**/x/**/y", "/1/x/2/x/3/y"));
    CHECK_FALSE(matches_path("/a", "/a/b"));
    CHECK_FALSE(matches_path("/a/b", "/a"));
    std::string many, path;
    for (int i = 0; i < 40; ++i) many += "/**/a*a*a*a*b";
    for (int i = 0; i < 1000; ++i) path += "/aaaaaaaaaaaaaaaaaaaa";
    CHECK_FALSE(matches_path(many, path));  // at once
}
