// SPDX-License-Identifier: Apache-2.0
// Data in formats that are told by their magic: Parquet, Arrow, TFRecord, HDF5, SQLite.
#include <array>

#include "core/artifact/formats.hpp"

namespace fstracker::artifact {

namespace {

Content of(Format format, std::string problem = {}) { return Content{format, {}, std::move(problem)}; }

bool ends_with(Bytes& bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && text_at(bytes, bytes.size() - magic.size(), magic.size()) == magic;
}

// The user block before an HDF5 file has 512 bytes or a power of two times as many.
bool is_hdf5(Head head) {
    constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
    for (std::size_t at = 0; at < head.size(); at = at == 0 ? 512 : at * 2)
        if (as_text(head.subspan(at)).starts_with(kMagic)) return true;
    return false;
}

// Arrow's stream, which Hugging Face's datasets are kept in: continuation, the length of a flatbuffer, its root.
bool is_arrow_stream(Bytes& bytes, Head head) {
    if (head.size() < 16 || little_endian_at(head, 0, 4) != 0xFFFFFFFF) return false;
    const std::uint64_t length = little_endian_at(head, 4, 4), root = little_endian_at(head, 8, 4);
    return length >= 16 && length % 8 == 0 && length <= bytes.size() - 8 && root >= 4 && root < length;
}

std::uint32_t crc32c(Head bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0);
    }
    return ~crc;
}

// A record: its length, the masked CRC-32C of that, its bytes, their CRC.
bool is_tfrecord(Bytes& bytes, Head head) {
    constexpr std::uint64_t kAround = 16;
    if (head.size() < kAround) return false;
    const std::uint64_t length = little_endian_at(head, 0, 8);
    if (length > bytes.size() - kAround) return false;
    const std::uint32_t crc = crc32c(head.first(8));
    const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
    return little_endian_at(head, 8, 4) == masked;
}

}  // namespace

std::optional<Content> as_table(Bytes& bytes, Head head) {
    const std::string_view text = as_text(head);
    using namespace std::string_view_literals;
    if (text.starts_with("SQLite format 3\0"sv)) return of(Format::kSqlite);
    if (text.starts_with("PAR1")) return of(Format::kParquet, ends_with(bytes, "PAR1") ? "" : "its end is not there");
    if (text.starts_with("ARROW1\0"sv) || text.starts_with("FEA1"))
        return of(Format::kArrow,
                  ends_with(bytes, text.substr(0, text[0] == 'F' ? 4 : 6)) ? "" : "its end is not there");
    if (is_hdf5(head)) return of(Format::kHdf5);
    if (is_arrow_stream(bytes, head)) return of(Format::kArrow);
    if (is_tfrecord(bytes, head)) return of(Format::kTfrecord);
    return std::nullopt;
}

}  // namespace fstracker::artifact
