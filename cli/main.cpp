// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "capture/parser/helper.hpp"
#include "cli/dispatch.hpp"
#include "cli/terminal.hpp"

namespace {

// A long table passes through several buffers of megabytes, one after the other: the second is to take the place of the
// first, and not be asked of the kernel page by page again.
void keep_large_buffers() {
    constexpr int kMebibyte = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, 32 * kMebibyte);
    mallopt(M_TRIM_THRESHOLD, 64 * kMebibyte);
}

// A thread of the recording could not go on, for want of memory as a rule.
[[noreturn]] void die() {
    std::string what = "unforeseen";
    try {
        if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        what += std::string(": ") + error.what();
    } catch (...) {
    }
    fstracker::cli::tell_error(
        {fstracker::ErrorKind::kSystem, what,
         "what was recorded is kept: 'track runs' makes an incomplete run of it. Is there memory enough?"});
    std::abort();
}

}  // namespace

int main(int argc, char** argv) {
    if (fstracker::capture::is_parser(argc, argv)) return fstracker::capture::serve_parser();
    keep_large_buffers();
    std::set_terminate(die);
    constexpr int kTrackerFailed = 125;
    try {
        return fstracker::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& error) {
        fstracker::cli::tell_error({fstracker::ErrorKind::kSystem, std::string("unforeseen: ") + error.what(),
                                    "this is a fault of track: please report it"});
    }
    return kTrackerFailed;
}
