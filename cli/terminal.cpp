// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/base/errno_error.hpp"
#include "core/report/printable.hpp"

namespace fstracker::cli {
namespace {

int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

// Where the error itself has none.
const char* usual_hint(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::kInvalid: return "track --help lists the verbs, track help VERB their options";
        case ErrorKind::kNotFound: return "check the name, and that its folder is there";
        case ErrorKind::kPermission: return "recording needs root, and a file needs a user who may use it";
        case ErrorKind::kUnsupported: return "track doctor says what this host allows";
        case ErrorKind::kSystem: return "track doctor looks at space, key and kernel";
    }
    return "track doctor";
}

}  // namespace

bool has_colours(int fd) {
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
           std::string_view(term) != "dumb";
}

unsigned width_of(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char* columns = std::getenv("COLUMNS");
    const long wanted = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
    return wanted >= 40 && wanted <= 1000 ? static_cast<unsigned>(wanted) : 80;
}

void tell_error(const Error& error) {
    const auto hint = error.hint.empty() ? usual_hint(error.kind) : report::printable(error.hint);
    write_all(STDERR_FILENO, "track: " + report::printable(error.message) + "\nhint: " + hint + '\n');
}

void tell(const std::string& text) { write_all(STDERR_FILENO, text); }

void tell_note(const std::string& message) { write_all(STDERR_FILENO, "track: " + report::printable(message) + '\n'); }

Status print(const std::string& text) {
    const int number = write_all(STDOUT_FILENO, text);
    if (number != 0 && number != EPIPE) return base::fail_errno(number, "standard output");
    return {};
}

}  // namespace fstracker::cli
