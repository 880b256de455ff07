// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/mapping.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/durable_file.hpp"

namespace fstracker::capture {

namespace {

constexpr std::size_t kLongestTable = std::size_t{64} << 20;

// The number at the beginning of `text`, which loses it and one more character.
template <typename Number>
bool take_number(std::string_view& text, int base, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc()) return false;
    text.remove_prefix(std::min(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
    return true;
}

// "\012" is how the kernel writes a newline in a name.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 4) == "\\012") {
            plain += '\n';
            at += 3;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

std::optional<Mapping> parse(std::string_view line) {
    Mapping mapping;
    std::uint32_t high = 0;
    std::uint32_t low = 0;
    std::uint64_t offset = 0;
    if (!take_number(line, 16, mapping.start) || !take_number(line, 16, mapping.end)) return std::nullopt;
    constexpr std::size_t kPermissions = 5;
    if (line.size() < kPermissions) return std::nullopt;
    line.remove_prefix(kPermissions);
    if (!take_number(line, 16, offset) || !take_number(line, 16, high) || !take_number(line, 16, low) ||
        !take_number(line, 10, mapping.inode))
        return std::nullopt;
    mapping.device = high << 20 | low;
    const std::size_t name = line.find_first_not_of(' ');
    if (name != std::string_view::npos) mapping.path = unescaped(line.substr(name));
    return mapping;
}

// File systems whose stat() shows another device than their mappings do.
bool shows_other_devices(std::uint64_t file_system) {
    return file_system == 0x794c7630 || file_system == 0x9123683e;  // overlayfs, btrfs
}

bool is_of(const fst_object& object, const Mapping& mapping) {
    if (object.device != mapping.device && !shows_other_devices(object.magic)) return false;
    return object.inode == mapping.inode || object.magic == 0x794c7630;
}

}  // namespace

std::optional<Mapping> mapping_in(std::string_view maps, std::uint64_t address) {
    while (!maps.empty()) {
        const std::string_view line = maps.substr(0, maps.find('\n'));
        maps.remove_prefix(std::min(line.size() + 1, maps.size()));
        auto mapping = parse(line);
        if (mapping && mapping->start <= address && address < mapping->end) return mapping;
    }
    return std::nullopt;
}

std::optional<Mapping> mapping_at(pid_t tid, std::uint64_t address) {
    const auto maps = base::read_file(proc_path(tid, "maps"), kLongestTable);
    return maps ? mapping_in(*maps, address) : std::nullopt;
}

std::optional<SeenObject> mapped_object(pid_t tid, const Mapping& mapping, const View& view) {
    base::Fd handle = find(tid, AT_FDCWD, mapping.path, View{}, LastLink::kKeep);
    auto object = handle ? object_of(handle.get()) : std::nullopt;
    if (!object || !is_of(*object, mapping)) {
        // What no name leads to any more. Only the privileged may open these links.
        const std::string range = fmt::format("map_files/{:x}-{:x}", mapping.start, mapping.end);
        handle.reset(::open(proc_path(tid, range).c_str(), O_PATH | O_CLOEXEC));
        object = handle ? object_of(handle.get()) : std::nullopt;
    }
    if (!object || !is_of(*object, mapping)) return std::nullopt;
    return SeenObject{*object, path_of(handle.get(), view, *object)};
}

}  // namespace fstracker::capture
