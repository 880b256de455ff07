// SPDX-License-Identifier: Apache-2.0
// Which distribution a file in a folder of Python packages belongs to, by the RECORD files that pip writes.
//
// The folder may be the step's own making: names are taken as they are, nothing in it is followed, opened blocking or
// read beyond a bound.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event/event.hpp"

namespace fstracker::artifact {

struct PythonOwner {
    std::string url;                      // "pkg:pypi/torch@2.4.1"
    std::optional<event::Sha256> digest;  // that RECORD has for the file
};

struct PythonFolder {
    std::unordered_map<std::string, PythonOwner> owners;  // by path within the folder
    bool has_records = false;
    bool is_whole = false;  // every RECORD was read to its end: what is not in `owners` is in none
};

// The part of a path up to site-packages or dist-packages, or empty.
std::string_view python_folder_of(std::string_view path);

// Looks for the owners of `wanted`, paths within the folder, and reads no more than it takes to find them all.
PythonFolder look_up(const std::string& folder, const std::vector<std::string>& wanted);

// "a/__pycache__/b.cpython-311.pyc" is made of "a/b.py"; empty for anything else.
std::string source_of_bytecode(std::string_view path);

}  // namespace fstracker::artifact
