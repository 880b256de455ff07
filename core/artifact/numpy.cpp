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

// Behind magic, version and the header's own length, which has two bytes or, later, four.
std::size_t beginning_of_header(Head head) { return head[6] == 1 ? 10 : 12; }

}  // namespace

bool begins_numpy(Head head) {
    return head.size() >= 10 && as_text(head).starts_with(kMagic) && head[6] >= 1 && head[6] <= 3;
}

std::optional<Content> as_plain_numpy(Head head) {
    if (!begins_numpy(head)) return std::nullopt;
    const std::size_t begin = beginning_of_header(head);
    const std::uint64_t length = little_endian_at(head, 8, begin - 8);
    if (begin > head.size() || length > head.size() - begin) return std::nullopt;
    const std::string_view header = as_text(head.subspan(begin, static_cast<std::size_t>(length)));
    if (!header.starts_with('{') || holds_objects(header)) return std::nullopt;
    return Content{Format::kNpy, {}, {}};
}

std::optional<Content> as_numpy(Bytes& bytes, Head head) {
    if (!begins_numpy(head)) return std::nullopt;
    const std::uint64_t begin = beginning_of_header(head);
    const std::uint64_t length = little_endian_at(head, 8, static_cast<std::size_t>(begin) - 8);
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
