// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/given.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>

namespace fstracker::daemon {

// "PURPOSE PATH-LENGTH LENGTH\n", the path, the bytes; and so on.
std::string pack(const std::vector<Given>& files) {
    std::string packed;
    for (const Given& file : files) {
        packed += fmt::format("{} {} {}\n", file.purpose, file.path.size(), file.bytes.size());
        packed += file.path;
        packed += file.bytes;
    }
    return packed;
}

Result<std::vector<Given>> unpack(std::string_view packed) {
    std::vector<Given> files;
    const auto damaged = [] { return fail(ErrorKind::kInvalid, "the project's files of a run are damaged"); };
    while (!packed.empty()) {
        const std::size_t end = packed.find('\n');
        if (end == std::string_view::npos) return damaged();
        const std::string_view head = packed.substr(0, end);
        packed.remove_prefix(end + 1);
        const std::size_t first = head.find(' '), second = head.rfind(' ');
        std::uint64_t path = 0, bytes = 0;
        const auto number = [&](std::string_view text, std::uint64_t& value) {
            return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
        };
        if (first == second || !number(head.substr(first + 1, second - first - 1), path) ||
            !number(head.substr(second + 1), bytes) || path > packed.size() || bytes > packed.size() - path)
            return damaged();
        files.push_back({std::string(packed.substr(0, path)), std::string(head.substr(0, first)),
                         std::string(packed.substr(path, bytes))});
        packed.remove_prefix(path + bytes);
    }
    return files;
}

}  // namespace fstracker::daemon
