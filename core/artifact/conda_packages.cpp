// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/conda_packages.hpp"

#include <dirent.h>

#include <algorithm>
#include <memory>

#include "core/artifact/package_url.hpp"
#include "core/artifact/picked_json.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/hex.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostRecords = 4000;
constexpr std::size_t kLongestRecord = std::size_t{32} << 20;
constexpr std::size_t kMostBytes = std::size_t{128} << 20;  // of all records of a prefix
constexpr std::size_t kLongestWord = 256;                   // of a name, a version, a build

std::optional<event::Sha256> digest_from(const std::string& hex) {
    event::Sha256 digest{};
    const auto bytes = base::from_hex(hex);
    if (!bytes || bytes->size() != digest.size()) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

// Keeps of a record what is asked for, however long it is.
class Reader : public PickedJson {
  public:
    explicit Reader(const std::unordered_set<std::string>& keys) : keys_(keys) {}

    std::string name, version, build, subdir;
    CondaRecord record;

    bool string(string_t& value) override {
        if (depth() == 1) {
            take_word(value);
        } else if (depth() == 2 && section_ == "files") {
            if (keys_.contains(value)) record.files.try_emplace(value);
        } else if (depth() == kInFile && in_paths_) {
            take_of_file(value);
        }
        return true;
    }
    bool start_object(std::size_t elements) override {
        PickedJson::start_object(elements);
        if (depth() == kInFile) file_ = {};
        return true;
    }
    bool end_object() override {
        if (depth() == kInFile && in_paths_) keep_file();
        return PickedJson::end_object();
    }
    bool key(string_t& value) override {
        if (depth() == 1) section_ = value;
        if (depth() == 2) in_paths_ = section_ == "paths_data" && value == "paths";
        if (depth() == 1) in_paths_ = false;
        if (depth() == kInFile) field_ = value;
        return true;
    }

  private:
    static constexpr int kInFile = 4;  // {"paths_data": {"paths": [{

    struct File {
        std::string path, digest, digest_in_prefix;
        bool link = false, rewritten = false;
    };

    void take_word(const std::string& value) {
        if (value.size() > kLongestWord) return;
        if (section_ == "name") name = value;
        if (section_ == "version") version = value;
        if (section_ == "build" || (section_ == "build_string" && build.empty())) build = value;
        if (section_ == "subdir") subdir = value;
    }
    void take_of_file(const std::string& value) {
        if (field_ == "_path") file_.path = value;
        if (field_ == "sha256") file_.digest = value;
        if (field_ == "sha256_in_prefix") file_.digest_in_prefix = value;
        if (field_ == "path_type") file_.link = value == "softlink";
        if (field_ == "prefix_placeholder") file_.rewritten = true;
    }
    // A file into which the prefix was written has a digest of its own, and no other counts.
    void keep_file() {
        if (!keys_.contains(file_.path)) return;
        auto& digest = record.files[file_.path];
        if (file_.link) return;
        if (!file_.digest_in_prefix.empty())
            digest = digest_from(file_.digest_in_prefix);
        else if (!file_.rewritten)
            digest = digest_from(file_.digest);
    }

    const std::unordered_set<std::string>& keys_;
    std::string section_, field_;
    bool in_paths_ = false;
    File file_;
};

// Packages that do not depend on Python's version have these folders in place of lib/python3.11/site-packages and bin.
std::string name_in_any_python(const std::string& path) {
    constexpr std::string_view kPython = "lib/python", kSite = "/site-packages/", kPrograms = "bin/";
    if (path.starts_with(kPrograms)) return "python-scripts/" + path.substr(kPrograms.size());
    const std::size_t site = path.find(kSite);
    if (!path.starts_with(kPython) || site == std::string::npos) return {};
    return path.substr(site + 1);
}

// "numpy" of "lib/python3.11/site-packages/numpy/x.py", "libblas" of "lib/libblas.so.3".
std::string likely_package(const std::string& path) {
    const std::string elsewhere = name_in_any_python(path);
    std::string_view name = elsewhere.empty() ? path : elsewhere;
    name.remove_prefix(std::min(name.find('/') + 1, name.size()));
    return std::string(name.substr(0, name.find_first_of("/.")));
}

std::vector<std::string> records_in(const std::string& folder) {
    struct CloseFolder {
        void operator()(DIR* open) const { ::closedir(open); }
    };
    std::vector<std::string> found;
    const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
        if (found.size() == kMostRecords) break;
        if (std::string_view(entry->d_name).ends_with(".json")) found.emplace_back(entry->d_name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

// "numpy" of "numpy-1.26.4-py311h64a7726_0.json".
std::string_view package_in(std::string_view file) {
    const std::size_t build = file.rfind('-');
    const std::size_t version = build == std::string_view::npos || build == 0 ? build : file.rfind('-', build - 1);
    return file.substr(0, version);
}

}  // namespace

std::optional<CondaRecord> read_conda_record(std::string_view text, const std::unordered_set<std::string>& keys) {
    Reader reader(keys);
    if (!nlohmann::json::sax_parse(text, &reader) || reader.name.empty() || reader.version.empty()) return std::nullopt;
    reader.record.url = package_url("conda", reader.name, reader.version);
    add_qualifier(reader.record.url, "build", reader.build);
    add_qualifier(reader.record.url, "subdir", reader.subdir);
    return std::move(reader.record);
}

std::vector<CondaOwner> look_up_conda(const std::string& prefix, const std::vector<CondaFile>& files) {
    std::unordered_set<std::string> keys, likely{"python"};
    std::unordered_map<std::string, std::vector<std::size_t>> by_key;
    for (std::size_t i = 0; i < files.size(); ++i) {
        likely.insert(likely_package(files[i].path));
        for (const std::string& key : {files[i].path, name_in_any_python(files[i].path)}) {
            if (key.empty()) continue;
            keys.insert(key);
            by_key[key].push_back(i);
        }
    }
    const std::string folder = prefix + "/conda-meta/";
    auto records = records_in(folder);
    std::stable_partition(records.begin(), records.end(), [&likely](const std::string& file) {
        return likely.contains(std::string(package_in(file)));
    });
    std::vector<CondaOwner> owners(files.size());
    std::size_t settled = 0, read = 0;
    for (const std::string& name : records) {
        if (settled == files.size()) break;
        const auto text = base::read_regular_file(folder + name, kLongestRecord);
        if (!text) continue;
        read += text->size();
        if (read > kMostBytes) break;
        const auto record = read_conda_record(*text, keys);
        if (!record) continue;
        for (const auto& [key, digest] : record->files) {
            for (const std::size_t i : by_key.find(key)->second) {
                std::optional<bool> verified;
                if (digest && files[i].digest) verified = *digest == *files[i].digest;
                const bool is_new = owners[i].url.empty();
                if (!is_new && (owners[i].verified != false || verified != true)) continue;
                owners[i] = {record->url, verified};
                if (verified != false) ++settled;
            }
        }
    }
    return owners;
}

}  // namespace fstracker::artifact
