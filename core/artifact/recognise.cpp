// SPDX-License-Identifier: Apache-2.0
// What is told without taking anything apart. This runs in the recorder, which may be root, on bytes that a step chose;
// so no number of the content's becomes an offset, a count or a size here, but for cutting a view of the head, and
// nothing is allocated by what it says.
#include <algorithm>

#include "core/artifact/formats.hpp"
#include "core/artifact/pickle_value.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::string_view kElf =
    "\x7F"
    "ELF";

// Opcodes that do not fail at once where the stack has one value and no mark.
constexpr std::string_view kAfterOneValue =
    "(.02N]})ILFJKMGSVUTXCBpqrcPQ\x80\x82\x83\x84\x85\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x94\x95\x96\x97\x98";

// The opcode that follows an argument of so many bytes. Behind the head nothing is known of it.
bool could_go_on(Head head, std::uint64_t size, std::uint64_t argument) {
    const std::uint64_t at = 1 + argument;
    if (at >= size) return false;  // it is cut off, or never stops
    if (at >= head.size()) return true;
    return kAfterOneValue.find(static_cast<char>(head[static_cast<std::size_t>(at)])) != std::string_view::npos;
}

bool could_be_number(Head head, std::string_view letters) {
    constexpr std::string_view kDigits = "0123456789+-_ \r\t";
    const std::string_view rest = as_text(head.subspan(1));
    const std::string_view line = rest.substr(0, rest.find('\n'));
    return !line.empty() && std::all_of(line.begin(), line.end(), [&](char c) {
        return kDigits.find(c) != std::string_view::npos || letters.find(c) != std::string_view::npos;
    });
}

// Opcode GLOBAL, with the name of a module up to the line's end.
bool could_be_module(Head head) {
    const std::string_view rest = as_text(head.subspan(1));
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || end > kLongestText) return true;
    return end != 0 && rest.substr(0, end).find(' ') == std::string_view::npos;
}

bool has_to_be_taken_apart(Head head, std::uint64_t size) {
    return begins_zip(head) || begins_numpy(head) || begins_gzip(head) || begins_zlib(head) ||
           begins_safetensors(head) || begins_onnx(head) || could_begin_pickle(head, size);
}

}  // namespace

// As pickle.cpp would fail, for the first opcode and the beginning of the second.
bool could_begin_pickle(Head head, std::uint64_t size) {
    if (head.size() < 2) return false;
    switch (head[0]) {
        case 0x80: return head[1] >= 2 && head[1] <= 5;
        case '(':
        case 'V':
        case 'P': return true;
        case 'N':
        case ']':
        case '}':
        case ')': return could_go_on(head, size, 0);
        case 'K': return could_go_on(head, size, 1);
        case 'M': return could_go_on(head, size, 2);
        case 'J': return could_go_on(head, size, 4);
        case 'G': return could_go_on(head, size, 8);
        case 'U': return could_go_on(head, size, 1 + std::uint64_t{head[1]});
        case 'T':
        case 'X': return head.size() >= 5 && could_go_on(head, size, 4 + little_endian_at(head, 1, 4));
        case 'I':
        case 'L': return could_be_number(head, "xXlLabcdefABCDEF");
        case 'F': return could_be_number(head, ".eEinfatyINFATY");
        case 'S': return head[1] == '\'' || head[1] == '"';
        case 'c': return could_be_module(head);
        default: return false;
    }
}

std::optional<Content> recognise(Bytes& bytes, Head head) {
    if (bytes.size() == 0) return Content{Format::kEmpty, {}, {}};
    if (as_text(head).starts_with(kElf)) return Content{Format::kElf, {}, {}};
    if (auto plain = as_plain_numpy(head)) return plain;
    if (has_to_be_taken_apart(head, bytes.size())) return std::nullopt;
    if (auto model = as_gguf(bytes, head)) return model;
    if (auto table = as_table(bytes, head)) return table;
    return as_text(bytes, head).value_or(Content{});
}

}  // namespace fstracker::artifact
