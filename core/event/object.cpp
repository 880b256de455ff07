// SPDX-License-Identifier: Apache-2.0
#include "core/event/object.hpp"

#include <charconv>
#include <limits>
#include <system_error>

#include <fmt/format.h>

namespace fstracker::event {

// File system types of linux/magic.h.
bool Object::made_by_kernel(std::uint64_t magic) {
    switch (magic) {
        case 0x9fa0:      // proc
        case 0x62656572:  // sysfs
        case 0x64626720:  // debugfs
        case 0x74726163:  // tracefs
        case 0x27e0eb:    // cgroup
        case 0x63677270:  // cgroup2
        case 0x73636673:  // securityfs
        case 0xf97cff8c:  // selinuxfs
        case 0xcafe4a11:  // bpf
        case 0x6165676c:  // pstore
        case 0xde5e81e4:  // efivarfs
        case 0x62656570:  // configfs
        case 0x42494e4d:  // binfmt_misc
        case 0x19800202:  // mqueue
            return true;
        default: return false;
    }
}

namespace {

constexpr std::uint32_t kMinorBits = 20;
constexpr std::uint32_t kMinorMask = (1U << kMinorBits) - 1;
constexpr std::uint32_t kMajorMost = std::numeric_limits<std::uint32_t>::max() >> kMinorBits;

// One decimal number in its only form (no sign, no leading zero), and the separator after it unless that is NUL.
template <typename Number>
bool take_number(std::string_view& text, char separator, Number most, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value > most) return false;
    const auto length = static_cast<std::size_t>(end - text.data());
    if (text.front() == '0' && length > 1) return false;
    text.remove_prefix(length);
    if (separator == '\0') return text.empty();
    if (text.empty() || text.front() != separator) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

void append_text(std::string& out, const ObjectId& id) {
    const auto number = [&out](auto value) {
        const fmt::format_int text(value);
        out.append(text.data(), text.size());
    };
    number(id.device >> kMinorBits);
    out += ':';
    number(id.device & kMinorMask);
    out += '/';
    number(id.inode);
    out += '/';
    number(id.generation);
}

std::string to_text(const ObjectId& id) {
    std::string text;
    append_text(text, id);
    return text;
}

Result<ObjectId> parse_object_id(std::string_view text) {
    std::string_view rest = text;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    ObjectId id;
    if (!take_number(rest, ':', kMajorMost, major) || !take_number(rest, '/', kMinorMask, minor) ||
        !take_number(rest, '/', std::numeric_limits<std::uint64_t>::max(), id.inode) ||
        !take_number(rest, '\0', std::numeric_limits<std::uint32_t>::max(), id.generation))
        return fail(ErrorKind::kInvalid, fmt::format("not an object as in MAJOR:MINOR/INODE/GENERATION: '{}'", text));
    id.device = major << kMinorBits | minor;
    return id;
}

}  // namespace fstracker::event
