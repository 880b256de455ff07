// SPDX-License-Identifier: Apache-2.0
// What a file is to the kernel: its identity, and the stamp that tells one content from the next. Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::event {

// The object itself, whatever it is called. `device` is the file system's as the kernel keeps it (major << 20 | minor).
struct ObjectId {
    std::uint32_t device = 0;
    std::uint64_t inode = 0;
    std::uint32_t generation = 0;

    auto operator<=>(const ObjectId&) const = default;
    // False for the identity that is not known (all zero).
    [[nodiscard]] bool known() const { return inode != 0; }
};

// "8:1/77/3": major:minor / inode / generation. The form used in evidence and in the event log.
std::string to_text(const ObjectId& id);
void append_text(std::string& out, const ObjectId& id);
Result<ObjectId> parse_object_id(std::string_view text);

// Equal stamps: no change of content that the file system would admit to. Times are nanoseconds since the epoch.
struct Stamp {
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::int64_t ctime = 0;

    auto operator<=>(const Stamp&) const = default;
};

struct Object {
    ObjectId id;
    Stamp stamp;
    std::uint32_t mode = 0;     // type and permission bits (S_IFMT | 07777)
    std::int32_t writers = 0;   // descriptors open for writing at that moment, the accessing one included
    std::uint32_t rdev = 0;     // of a device file, as `device` above
    std::uint32_t links = 0;
    std::uint64_t magic = 0;    // file system type (statfs f_type)

    auto operator<=>(const Object&) const = default;
    // A file with content of its own. What the kernel makes up when it is read (/proc, /sys and their like) has none.
    [[nodiscard]] bool regular() const { return (mode & 0170000U) == 0100000U && !made_by_kernel(magic); }
    static bool made_by_kernel(std::uint64_t magic);
    [[nodiscard]] bool directory() const { return (mode & 0170000U) == 0040000U; }
};

}  // namespace fstracker::event

template <>
struct std::hash<fstracker::event::ObjectId> {
    std::size_t operator()(const fstracker::event::ObjectId& id) const noexcept {
        std::uint64_t mixed = id.inode * 0x9E3779B97F4A7C15ULL;
        mixed ^= (static_cast<std::uint64_t>(id.device) << 32 | id.generation) * 0xC2B2AE3D27D4EB4FULL;
        return static_cast<std::size_t>(mixed ^ (mixed >> 29));
    }
};
