// SPDX-License-Identifier: Apache-2.0
// Takes a run's records from a Source to a Record: decodes, applies, logs, has digests taken beside the run, and at the
// end balances the books. Everything but the hasher's workers happens in the thread that calls it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/source.hpp"
#include "core/base/result.hpp"
#include "core/digest/hasher.hpp"
#include "core/event/decode.hpp"
#include "core/run/run.hpp"
#include "core/store/compression.hpp"

namespace fstracker::capture {

// How the command ended, from the thread that waited for it: `over` is set last.
struct CommandEnd {
    std::atomic<bool> over = false;
    std::int32_t status = 0;       // as wait(2) gives it
    std::optional<Error> failure;  // it could not be waited for: nobody knows how it ended, or whether
};

class Recorder {
  public:
    // All three outlive the recorder. `clock` turns the kernel's times into dates.
    Recorder(Source& source, digest::Hasher& hasher, store::LogWriter& log, event::ClockOffset clock);

    // Records until `end.over` is set and then to the end: drained, digested, final stamps taken. Errors of the source,
    // the log or the waiting do not end it early: the record says that the recorder failed, and why. A log that was
    // written to the end gives this same record.
    void record(const CommandEnd& end);

    [[nodiscard]] run::Record take_record(run::RunInfo info) const { return run_.record(std::move(info)); }
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  private:
    void on_record(std::span<const std::byte> record);
    void apply(event::Event event);
    void drain_digests();
    void take(std::vector<event::FoldTotal> totals);  // a kind of the ledger of their own
    void want(const run::HashWanted& wanted);
    void check_sequence(const event::Common& common);
    void finish(const CommandEnd& end);
    void look_once_more();
    void failed(const Error& error);
    void write_log();
    void beat();

    Source& source_;
    digest::Hasher& hasher_;
    store::LogWriter& log_;
    event::ClockOffset clock_;
    run::Run run_;
    std::string lines_;
    event::RecorderCounters counters_;
    std::map<std::uint32_t, std::uint64_t> sequences_;  // the last number, by CPU
    std::map<event::ProcessId, bool> ended_;            // processes whose exit was seen since the last harvest
    event::Counters folds_;
    std::optional<Error> failure_;
    bool log_failed_ = false;  // nothing more goes into it
};

}  // namespace fstracker::capture
