// SPDX-License-Identifier: Apache-2.0
// npy: magic, version, the length of a header that is a Python dictionary as text, then the array, which is a pickle
// when its type is object.
#include <algorithm>

#include "core/artifact/formats.hpp"
#include "core/artifact/pickle.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLongestHeader = std::size_t{1} << 20;

// The type is 'O', alone or among fields: "'|O'", "('a', '<f8')".
bool holds_objects(std::string_view header) {
    const std::size_t key = header.find("'descr'");
    if (key == std::string_view::npos) return true;  // whatever it says, it is not what numpy writes
    const std::string_view rest = header.substr(key);
    return rest.find("|O") != std::string_view::npos || rest.find("'O") != std::string_view::npos ||
           rest.find("\"O") != std::string_view::npos;
}

}  // namespace

std::optional<Content> as_numpy(Bytes& bytes, Head head) {
    if (head.size() < 10 || !as_text(head).starts_with(kMagic)) return std::nullopt;
    const std::uint8_t version = head[6];
    if (version < 1 || version > 3) return std::nullopt;
    const std::size_t width = version == 1 ? 2 : 4;
    const std::uint64_t length = little_endian_at(head, 8, width);
    const std::uint64_t begin = 8 + width;
    Content content;
    content.format = Format::kNpy;
    if (length > kLongestHeader || length > bytes.size() || begin + length > bytes.size()) {
        content.problem = "its header is longer than it may be";
        return content;
    }
    const std::string header = text_at(bytes, begin, static_cast<std::size_t>(length));
    if (header.empty() || header.front() != '{') {
        content.problem = "its header is no dictionary";
        return content;
    }
    if (!holds_objects(header)) return content;
    PickleBudget budget;
    add_to(content, disassemble_all(bytes, begin + length, budget));
    return content;
}

}  // namespace fstracker::artifact
