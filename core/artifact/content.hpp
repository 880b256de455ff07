// SPDX-License-Identifier: Apache-2.0
// What bytes are, told from the bytes: the format, and of what would be unpickled the callables it would import.
// Nothing here executes, imports or maps anything; each content is read within fixed bounds, whatever it claims of
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/artifact/bytes.hpp"

namespace fstracker::artifact {

// The numbers are kept in caches: a new one goes to the end.
enum class Format : std::uint8_t {
    kUnknown,
    kEmpty,
    kText,
    kCsv,
    kJson,
    kJsonl,
    kElf,
    kSafetensors,
    kGguf,
    kOnnx,
    kPytorch,      // a zip archive with a pickle, as torch.save writes since 1.6
    kTorchLegacy,  // pickles in a row, as it wrote before
    kPickle,
    kJoblib,
    kHdf5,
    kKeras,
    kNpy,
    kNpz,
    kParquet,
    kArrow,
    kTfrecord,
    kZip,
    kGzip,
    kSqlite,
    kUnreadable,  // nobody could take it apart: the process that was to do so was ended, or could not be started
};

inline constexpr Format kLastFormat = Format::kUnreadable;

// As evidence names it: "safetensors"; empty for kUnknown.
std::string_view to_word(Format format);

struct Content {
    Format format = Format::kUnknown;
    std::vector<std::string> imports;  // "module.name", printable ASCII, sorted, each once
    std::string problem;               // why it could not be read to its end, or empty

    bool operator==(const Content&) const = default;
};

inline constexpr std::size_t kMostImports = 1000;
inline constexpr std::size_t kLongestImport = 256;

// Any thread. Follows what the content says of itself, so a recorder has another process do it.
Content inspect(Bytes& bytes);

// Of an open regular file of that size.
Content inspect_file(int fd, std::uint64_t size);

// The same answer, for what can be told without following anything that the content says: by comparing its first 4,096
// bytes and its last 64, each where it is. Nothing where it has to be taken apart. Fit for a process with privileges.
std::optional<Content> recognise(Bytes& bytes);
std::optional<Content> recognise_file(int fd, std::uint64_t size);

// One line of text for imports and problem, and back; empty when there is neither. `format` is kept elsewhere.
std::string details_text(const Content& content);
Content content_from(Format format, std::string_view details);

}  // namespace fstracker::artifact
