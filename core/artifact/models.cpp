// SPDX-License-Identifier: Apache-2.0
// Models in formats that only hold numbers and a graph: GGUF, ONNX.
#include <array>

#include "core/artifact/formats.hpp"

namespace fstracker::artifact {

namespace {

// A ModelProto's own fields and their wire types; 0 where there is none. ONNX is protobuf and has no magic.
enum Wire : std::uint8_t { kNone = 255, kVarint = 0, kLengthDelimited = 2 };
constexpr std::array<std::uint8_t, 27> kModelFields = [] {
    std::array<std::uint8_t, 27> fields{};
    fields.fill(kNone);
    fields[1] = kVarint;  // ir_version
    fields[5] = kVarint;  // model_version
    for (const std::size_t text : {2U, 3U, 4U, 6U, 7U, 8U, 14U, 20U, 25U, 26U}) fields[text] = kLengthDelimited;
    return fields;
}();
constexpr std::uint64_t kGraph = 7, kIrVersion = 1, kNewestIrVersion = 100;
constexpr int kMostFields = 10'000;

std::uint64_t varint(Cursor& in) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = in.byte();
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if ((byte & 0x80U) == 0) return value;
    }
    return UINT64_MAX;
}

}  // namespace

std::optional<Content> as_gguf(Bytes& /*bytes*/, Head head) {
    if (head.size() < 24 || !as_text(head).starts_with("GGUF")) return std::nullopt;
    Content content;
    content.format = Format::kGguf;
    const std::uint64_t version = little_endian_at(head, 4, 4);
    const bool big_endian = version > 0xFFFF;
    constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 24;
    if (!big_endian && (version == 0 || version > 3)) content.problem = "its version is not known";
    if (!big_endian && version > 1 &&
        (little_endian_at(head, 8, 8) > kMostCounted || little_endian_at(head, 16, 8) > kMostCounted))
        content.problem = "it counts more tensors or values than there can be";
    return content;
}

bool begins_onnx(Head head) { return head.size() >= 16 && head[0] == 0x08; }

std::optional<Content> as_onnx(Bytes& bytes, Head head) {
    if (!begins_onnx(head)) return std::nullopt;
    Cursor in(bytes);
    bool graph = false, version = false;
    for (int i = 0; i < kMostFields && !in.at_end(); ++i) {
        const std::uint64_t tag = varint(in), field = tag >> 3;
        if (in.failed() || field >= kModelFields.size() ||
            (tag & 7U) != kModelFields.at(static_cast<std::size_t>(field)))
            return std::nullopt;
        const std::uint64_t value = varint(in);
        if ((tag & 7U) == kLengthDelimited) in.skip(value);
        if (field == kIrVersion) version = value >= 1 && value <= kNewestIrVersion;
        graph = graph || field == kGraph;
        if (in.failed()) return std::nullopt;
    }
    if (!graph || !version || !in.at_end()) return std::nullopt;
    Content content;
    content.format = Format::kOnnx;
    return content;
}

}  // namespace fstracker::artifact
