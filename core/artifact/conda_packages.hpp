// SPDX-License-Identifier: Apache-2.0
// Which conda package a file below a prefix belongs to, by the records that conda and mamba keep in PREFIX/conda-meta.
//
// The prefix may be the step's own making: nothing in it is waited for or read beyond a bound.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/event/event.hpp"

namespace fstracker::artifact {

struct CondaOwner {
    std::string url;               // or empty: "pkg:conda/numpy@1.26.4?build=py311h64a7726_0&subdir=linux-64"
    std::optional<bool> verified;  // whether the record's digest is the file's; absent where it has none
};

struct CondaFile {
    std::string path;  // within the prefix
    std::optional<event::Sha256> digest;
};

// The owner of each file; reads no more than it takes to find them all. Of two packages that have one file, the one
// with its digest owns it.
std::vector<CondaOwner> look_up_conda(const std::string& prefix, const std::vector<CondaFile>& files);

// One record. `keys` are the paths that are asked for as a record may have them; what is said of them is by key.
struct CondaRecord {
    std::string url;
    // Listed, and with which content on disk where the record says.
    std::unordered_map<std::string, std::optional<event::Sha256>> files;
};
// Nothing for what is no record.
std::optional<CondaRecord> read_conda_record(std::string_view text, const std::unordered_set<std::string>& keys);

}  // namespace fstracker::artifact
