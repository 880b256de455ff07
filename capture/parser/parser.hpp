// SPDX-License-Identifier: Apache-2.0
// Contents parsed by helpers, which are started when the first content needs one. Whatever a content does to the
// process that parses it, the answer is a Content that inspect() may give, or kUnreadable with a reason, and it is
// there before the deadline and a little more.
#pragma once

#include <chrono>
#include <string>

#include "capture/parser/sandbox.hpp"
#include "core/artifact/inspector.hpp"
#include "core/base/result.hpp"

namespace fstracker::capture {

struct ParserOptions {
    std::string program = "/proc/self/exe";      // whose main() asks is_parser()
    std::chrono::milliseconds deadline{10'000};  // of one content
};

// As many helpers as threads ask at once, each kept for the next content. They are children of this process, in
// sessions of their own, and die with the thread that started them and with the last copy of the Parser.
artifact::Parser sandboxed_parser(ParserOptions options = {});

// What a helper on this host is confined by.
Result<SandboxReport> probe_parser(const ParserOptions& options = {});

}  // namespace fstracker::capture
