// SPDX-License-Identifier: Apache-2.0
// Which model or dataset of the Hugging Face Hub a file in a cache is, by the layout that huggingface_hub gives it:
// models--ORG--NAME/blobs/HASH has the content, models--ORG--NAME/snapshots/REVISION/PATH is a link to it. What is
// opened is the blob; which revisions have it, the links say.
//
// The cache may be the step's own making: nothing in it is opened but folders, no link is followed, bounds hold.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fstracker::artifact {

struct HubPlace {
    std::string_view folder;    // of the repository: "/c/hub/models--ORG--NAME"
    std::string_view revision;  // of a file in a snapshot, a commit's hash, else empty
    std::string_view blob;      // the hash that a blob is called, 64 digits (SHA-256) or 40 (git's), else empty
};

// Nothing for a path that is no blob and in no snapshot, and for a repository that cannot be called so on the Hub.
std::optional<HubPlace> hub_place_of(std::string_view path);

// "pkg:huggingface/ORG/NAME@REVISION"; of a dataset "pkg:huggingface/datasets/ORG/NAME@REVISION". `folder` is one that
// hub_place_of gave; without a version where `revision` is empty.
std::string hub_url(std::string_view folder, std::string_view revision);

// Blobs of one repository, each with the revision that it is of, or with an empty text.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Blobs = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;

// Fills in the revisions: of a blob the only one whose links lead to it, or the only one that has all of these blobs.
// None where more could be meant. Takes from `budget` for each name that it looks at, and finds none when that is not
// enough.
void find_revisions(const std::string& folder, Blobs& blobs, std::size_t& budget);

}  // namespace fstracker::artifact
