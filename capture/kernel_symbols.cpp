// SPDX-License-Identifier: Apache-2.0
#include "capture/kernel_symbols.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string>

#include "core/base/fd.hpp"

namespace fstracker::capture {

// Lines are "ADDRESS TYPE NAME", with "\t[module]" behind a module's. The file has 200,000 of them: read in large
// pieces, searched as bytes.
std::uint64_t kernel_symbol(std::string_view name) {
    const base::Fd fd(open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
    if (!fd) return 0;
    const std::string wanted = " " + std::string(name) + "\n";
    std::string text;
    std::string block(1U << 20, '\0');
    for (;;) {
        const ssize_t got = read(fd.get(), block.data(), block.size());
        if (got <= 0) return 0;
        text.append(block, 0, static_cast<std::size_t>(got));
        if (const std::size_t at = text.find(wanted); at != std::string::npos) {
            const std::size_t before = text.rfind('\n', at);
            const std::size_t begin = before == std::string::npos ? 0 : before + 1;
            std::uint64_t address = 0;
            std::from_chars(text.data() + begin, text.data() + at, address, 16);
            return address;
        }
        const std::size_t last = text.rfind('\n');
        if (last != std::string::npos) text.erase(0, last);
    }
}

}  // namespace fstracker::capture
