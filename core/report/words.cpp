// SPDX-License-Identifier: Apache-2.0
#include "core/report/words.hpp"

#include <string_view>

#include "core/report/printable.hpp"

namespace fstracker::report {
namespace {

// As one would type it: quoted where a shell would split or expand.
std::string quoted(const std::string& argument) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./=:,@%+[]").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    bool needs = argument.empty();
    for (const char c : argument) needs = needs || !plain(c);
    if (!needs) return printable(argument);
    std::string out = "'";
    for (const char c : argument) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return printable(out + "'");
}

}  // namespace

const std::vector<std::string>& roles() {
    static const std::vector<std::string> kRoles = {"data",       "model", "output", "code", "library", "executable",
                                                    "credential", "cache", "config", "temp", "device",  "other"};
    return kRoles;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return count_text(count) + ' ' + std::string(count == 1 ? one : many);
}

std::string program_name(const run::Process& process) {
    if (process.executable) return printable(process.executable->path.bytes);
    return process.arguments.empty() ? "(fork)" : printable(process.arguments.front());
}

std::string command_line(const run::Process& process) {
    if (process.arguments.empty()) return program_name(process);
    std::string line;
    for (const auto& argument : process.arguments) line += (line.empty() ? "" : " ") + quoted(argument);
    return process.arguments_truncated ? line + " …" : line;
}

}  // namespace fstracker::report
