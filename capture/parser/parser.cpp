// SPDX-License-Identifier: Apache-2.0
#include "capture/parser/parser.hpp"

#include <sys/wait.h>

#include <csignal>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "capture/parser/helper_process.hpp"
#include "core/artifact/answer.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

constexpr const char* kTooLong = "reading it took longer than is allowed";
constexpr const char* kNoAnswer = "the process that read it gave no answer that can be believed";

artifact::Parsed told_by(const ParserOutcome& outcome) {
    using End = ParserOutcome::End;
    switch (outcome.end) {
        case End::kSilent: return artifact::unreadable(kTooLong);
        case End::kHelperGone: return artifact::unreadable("the process that read it was ended");
        case End::kNotMade:
            return artifact::unreadable(base::errno_error(outcome.status, "no process to read it in").message);
        case End::kExited: break;
    }
    if (WIFSIGNALED(outcome.status)) {
        const int signal = WTERMSIG(outcome.status);
        if (signal == SIGALRM || signal == SIGXCPU) return artifact::unreadable(kTooLong);
        return artifact::unreadable(fmt::format("the process that read it was ended by signal {}", signal));
    }
    if (WEXITSTATUS(outcome.status) == kParserMemory)
        return artifact::unreadable("reading it took more memory than is allowed");
    if (WEXITSTATUS(outcome.status) != kParserDone) return artifact::unreadable(kNoAnswer);
    auto content = artifact::read_answer(outcome.answer);
    return content ? artifact::Parsed{std::move(*content)} : artifact::unreadable(kNoAnswer);
}

std::string refusal_of(const SandboxReport& report) {
    for (std::size_t i = 0; i < kSandboxParts; ++i) {
        const auto part = static_cast<SandboxPart>(i);
        if (report.error(part) != 0 && is_needed(part))
            return base::errno_error(report.error(part),
                                     fmt::format("no process to read it in with {}", to_words(part)))
                .message;
    }
    return {};
}

// Any thread.
class Helpers {
  public:
    explicit Helpers(ParserOptions options) : options_(std::move(options)) {}

    artifact::Parsed parse(int content, std::uint64_t size) {
        for (bool kept = true; kept;) {
            std::unique_ptr<HelperProcess> helper = take_idle();
            kept = helper != nullptr;
            if (!kept) {
                auto started = HelperProcess::start(options_.program);
                if (!started) return artifact::unreadable("no process to read it in: " + started.error().message);
                helper = std::move(*started);
                if (!helper->sandbox().may_parse()) return artifact::unreadable(refusal_of(helper->sandbox()));
            }
            const auto outcome = helper->parse(content, size, options_.deadline);
            if (!outcome) continue;  // somebody ended it while it was idle
            if (outcome->end == ParserOutcome::End::kExited || outcome->end == ParserOutcome::End::kNotMade)
                put_back(std::move(helper));
            return told_by(*outcome);
        }
        return artifact::unreadable("the process that was to read it was ended");
    }

  private:
    std::unique_ptr<HelperProcess> take_idle() {
        const std::scoped_lock lock(mutex_);
        if (idle_.empty()) return nullptr;
        auto helper = std::move(idle_.back());
        idle_.pop_back();
        return helper;
    }
    void put_back(std::unique_ptr<HelperProcess> helper) {
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(helper));
    }

    const ParserOptions options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<HelperProcess>> idle_;
};

}  // namespace

artifact::Parser sandboxed_parser(ParserOptions options) {
    return [helpers = std::make_shared<Helpers>(std::move(options))](int content, std::uint64_t size) {
        return helpers->parse(content, size);
    };
}

Result<SandboxReport> probe_parser(const ParserOptions& options) {
    auto helper = HelperProcess::start(options.program);
    if (!helper) return fail(helper.error());
    return (*helper)->sandbox();
}

}  // namespace fstracker::capture
