// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/zip.hpp"

#include <algorithm>

#include "core/artifact/inflate.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::uint32_t kEndSignature = 0x06054B50, kEnd64Signature = 0x06064B50, kLocator64Signature = 0x07064B50,
                        kEntrySignature = 0x02014B50, kLocalSignature = 0x04034B50;
constexpr std::size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kEntryBytes = 46, kLocalBytes = 30;
constexpr std::uint64_t kLongestComment = 65535;
constexpr std::uint64_t kMostListBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kInExtra = 0xFFFFFFFF;  // the number stands in the ZIP64 field

std::vector<std::uint8_t> part(Bytes& bytes, std::uint64_t offset, std::size_t size) {
    std::vector<std::uint8_t> read(size);
    read.resize(bytes.read(offset, read));
    return read;
}

struct Where {
    std::uint64_t entries = 0, offset = 0, size = 0;
};

std::optional<Where> where_of_zip64(Bytes& bytes, std::uint64_t end) {
    if (end < kLocatorBytes) return std::nullopt;
    const auto locator = part(bytes, end - kLocatorBytes, kLocatorBytes);
    if (little_endian_at(locator, 0, 4) != kLocator64Signature) return std::nullopt;
    const auto record = part(bytes, little_endian_at(locator, 8, 8), kEnd64Bytes);
    if (record.size() < kEnd64Bytes || little_endian_at(record, 0, 4) != kEnd64Signature) return std::nullopt;
    return Where{little_endian_at(record, 32, 8), little_endian_at(record, 48, 8), little_endian_at(record, 40, 8)};
}

std::optional<Where> find_directory(Bytes& bytes) {
    const std::uint64_t tail_size = std::min<std::uint64_t>(bytes.size(), kEndBytes + kLongestComment);
    // Mostly there is no comment: a short look first.
    for (const std::uint64_t size : {std::min<std::uint64_t>(tail_size, 512), tail_size}) {
        const std::uint64_t begin = bytes.size() - size;
        const auto tail = part(bytes, begin, static_cast<std::size_t>(size));
        for (std::size_t at = tail.size() < kEndBytes ? 0 : tail.size() - kEndBytes + 1; at-- > 0;) {
            if (little_endian_at(tail, at, 4) != kEndSignature) continue;
            if (at + kEndBytes + little_endian_at(tail, at + 20, 2) != tail.size()) continue;
            if (const auto large = where_of_zip64(bytes, begin + at)) return large;
            return Where{little_endian_at(tail, at + 10, 2), little_endian_at(tail, at + 16, 4),
                         little_endian_at(tail, at + 12, 4)};
        }
    }
    return std::nullopt;
}

// Sizes and offset past 4 GiB stand in the extra field 1, in this order, each only where its own place says so.
void take_from_extra(ZipMember& member, std::span<const std::uint8_t> extra) {
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const std::uint64_t id = little_endian_at(extra, at, 2), size = little_endian_at(extra, at + 2, 2);
        at += 4;
        if (id == 1) {
            std::size_t from = at;
            for (std::uint64_t* number : {&member.size, &member.packed, &member.header}) {
                if (*number != kInExtra) continue;
                *number = little_endian_at(extra, from, 8);
                from += 8;
            }
        }
        at += static_cast<std::size_t>(size);
    }
}

}  // namespace

std::optional<ZipDirectory> read_zip(Bytes& bytes) {
    const auto where = find_directory(bytes);
    if (!where) return std::nullopt;
    ZipDirectory directory;
    Cursor in(bytes, where->offset);
    for (std::uint64_t i = 0; i < where->entries; ++i) {
        if (directory.members.size() == kMostMembers || in.offset() - where->offset > kMostListBytes) {
            directory.problem = "more members than are looked at";
            break;
        }
        std::array<std::uint8_t, kEntryBytes> entry{};
        for (std::uint8_t& byte : entry) byte = in.byte();
        ZipMember member;
        member.name.resize(static_cast<std::size_t>(little_endian_at(entry, 28, 2)));
        for (char& c : member.name) c = static_cast<char>(in.byte());
        std::vector<std::uint8_t> extra(static_cast<std::size_t>(little_endian_at(entry, 30, 2)));
        for (std::uint8_t& byte : extra) byte = in.byte();
        in.skip(little_endian_at(entry, 32, 2));
        if (in.failed() || little_endian_at(entry, 0, 4) != kEntrySignature) {
            directory.problem = "its list of members is damaged";
            break;
        }
        member.flags = static_cast<std::uint16_t>(little_endian_at(entry, 8, 2));
        member.method = static_cast<std::uint16_t>(little_endian_at(entry, 10, 2));
        member.packed = little_endian_at(entry, 20, 4);
        member.size = little_endian_at(entry, 24, 4);
        member.header = little_endian_at(entry, 42, 4);
        take_from_extra(member, extra);
        directory.members.push_back(std::move(member));
    }
    return directory;
}

ZipBytes ZipBytes::open(Bytes& archive, const ZipMember& member, std::size_t most) {
    ZipBytes opened;
    const auto local = part(archive, member.header, kLocalBytes);
    if (local.size() < kLocalBytes || little_endian_at(local, 0, 4) != kLocalSignature) {
        opened.problem_ = "a member is not where the list says";
        return opened;
    }
    const std::uint64_t data =
        member.header + kLocalBytes + little_endian_at(local, 26, 2) + little_endian_at(local, 28, 2);
    constexpr std::uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;
    if ((member.flags & kEncrypted) != 0) {
        opened.problem_ = "a member is encrypted";
    } else if (member.method == kStored) {
        opened.bytes_ = std::make_unique<Slice>(archive, data, member.packed);
    } else if (member.method == kDeflated) {
        Slice packed(archive, data, member.packed);
        Inflated inflated = inflate(packed, Wrapping::kRaw, most);
        if (!inflated.whole)
            opened.problem_ =
                inflated.bytes.size() == most ? "a member inflates to more than is followed" : "a member is damaged";
        opened.inflated_ = std::move(inflated.bytes);
        opened.bytes_ = std::make_unique<MemoryBytes>(opened.inflated_);
    } else {
        opened.problem_ = "a member is packed in a way that is not read";
    }
    return opened;
}

}  // namespace fstracker::artifact
