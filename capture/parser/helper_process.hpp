// SPDX-License-Identifier: Apache-2.0
// A helper as its parent sees it. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "capture/parser/protocol.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::capture {

// How the parsing of one content ended.
struct ParserOutcome {
    enum class End { kExited, kNotMade, kSilent, kHelperGone };
    End end = End::kHelperGone;
    int status = 0;      // kExited: as wait(2) gives it; kNotMade: an errno
    std::string answer;  // what was said until then, up to a byte more than may be said
};

class HelperProcess {
  public:
    // Executes `program` and waits until it is confined, which may not be as far as may_parse().
    static Result<std::unique_ptr<HelperProcess>> start(const std::string& program);
    ~HelperProcess();  // kills it
    HelperProcess(const HelperProcess&) = delete;
    HelperProcess& operator=(const HelperProcess&) = delete;

    [[nodiscard]] const SandboxReport& sandbox() const { return sandbox_; }

    // Nothing: it was gone before it was asked, so that another may be. After kSilent and kHelperGone it is of no use.
    std::optional<ParserOutcome> parse(int content, std::uint64_t size, std::chrono::milliseconds deadline);

  private:
    HelperProcess(base::Fd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}

    base::Fd socket_;
    base::Fd process_;  // a pidfd: the number is safe for as long as nobody else waits for our children
    pid_t pid_;
    SandboxReport sandbox_;
};

}  // namespace fstracker::capture
