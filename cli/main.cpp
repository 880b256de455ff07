// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <exception>

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

}  // namespace

int main(int argc, char** argv) {
    keep_large_buffers();
    constexpr int kTrackerFailed = 125;
    try {
        return fstracker::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& error) {
        fstracker::cli::tell_error({fstracker::ErrorKind::kSystem, std::string("unforeseen: ") + error.what(),
                                    "this is a fault of track: please report it"});
    }
    return kTrackerFailed;
}
