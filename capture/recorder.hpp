// SPDX-License-Identifier: Apache-2.0
// Takes a run's records from a Source to a Record: decodes, applies, logs, has digests taken beside the run, and at the
// end balances the books. Beside the calling thread are the hasher's workers, one that logs the kernel's counts while
// they are applied, and one that takes half of the last looks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "capture/source.hpp"
#include "core/base/result.hpp"
#include "core/digest/hasher.hpp"
#include "core/event/decode.hpp"
#include "core/judge/watch.hpp"
#include "core/run/run.hpp"
#include "core/store/compression.hpp"
#include "core/store/journal.hpp"

namespace fstracker::capture {

// How the command ended, from the thread that waited for it: `over` is set last.
struct CommandEnd {
    std::atomic<bool> over = false;
    std::optional<std::int32_t> status;  // as wait(2) gives it; none: what the kernel told of its end counts
    std::optional<Error> failure;        // it could not be waited for: nobody knows how it ended, or whether
};

// What objects came to at the end of the run.
struct LastLooks {
    std::vector<event::FinalStamp> changed;
    std::uint64_t unchanged = 0;  // no line of the log each
};

class Recorder {
  public:
    // All outlive the recorder. `clock` turns the kernel's times into dates; `watch` sees every event that is logged.
    Recorder(Source& source, digest::Hasher& hasher, store::LogWriter& log, event::ClockOffset clock,
             judge::Watch* watch = nullptr);

    // First. What the source can never see is the log's beginning.
    void begin();
    // In place of begin(), when a recorder before this one has died: what it had logged, line by line, and then
    // resume(). `log` is another than the one those lines come from.
    Status replay(std::string_view line);
    // `lost`: lines that are missing behind the last one, as far as is known.
    Status resume(std::uint64_t lost);

    // Before begin(), or after resume(): from here on what is taken from the source outlives this process before the
    // source forgets it. `before_digests` is called before digests that the hasher has are logged.
    void keep_in(store::Journal& journal, std::function<void()> before_digests) {
        journal_ = &journal;
        journal.clear(line_count_);
        before_digests_ = std::move(before_digests);
    }
    // The run ends when the kernel tells of this process's end, too. Before replay().
    void follow(std::uint32_t command_pid) { command_pid_ = command_pid; }

    // Records until `end.over` is set and then to the end: drained, digested, final stamps taken. Errors of the source,
    // the log or the waiting do not end it early: the record says that the recorder failed, and why. A log that was
    // written to the end gives this same record.
    void record(const CommandEnd& end);

    // In place of record(), or when that threw: it ends here, and the record says so.
    void give_up(const Error& error) { failed(error); }

    [[nodiscard]] run::Record take_record(run::RunInfo info) const { return run_.record(std::move(info)); }
    // What the record was made of; a large thing to free.
    [[nodiscard]] run::Run take_run() { return std::exchange(run_, run::Run()); }
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
    // Whether the process that was to be followed has executed anything, and how it ended, as the kernel told.
    [[nodiscard]] bool command_executed() const { return command_executed_; }
    [[nodiscard]] std::optional<std::int32_t> command_status() const { return command_status_; }

    // Before the command starts: room in the log for the first records, and beside it for the evidence of them. From
    // then on no record is taken that the disk has no room for: it counts as lost, and what was taken before is kept.
    Status make_room() { return make_room(0); }

  private:
    Status make_room(std::size_t least);  // for lines of so many bytes
    void on_record(std::span<const std::byte> record);
    bool keep(const event::Event& event);
    void apply(const event::Event& event);
    void drain_digests();
    void take(std::vector<event::FoldTotal> totals);  // a kind of the ledger of their own
    void take_at_once(std::span<const event::FoldTotal> totals);
    void want(const run::HashWanted& wanted);
    void check_sequence(const event::Common& common);
    void linger(const Source::Sink& sink);
    void finish(const CommandEnd& end);
    void finish_digests(std::chrono::steady_clock::time_point deadline);
    [[nodiscard]] std::vector<LastLooks> look_once_more() const;
    void apply(const std::vector<LastLooks>& looks);
    void failed(const Error& error);
    void note_process(const event::Event& event);
    void write_journal();
    void write_log();
    void flush_log();
    void beat();

    Source& source_;
    digest::Hasher& hasher_;
    store::LogWriter& log_;
    event::ClockOffset clock_;
    run::Run run_;
    judge::Watch* watch_;
    std::string lines_;
    event::RecorderCounters counters_;
    std::map<std::uint32_t, std::uint64_t> sequences_;  // the last number, by CPU
    std::map<event::ProcessId, bool> ended_;            // processes whose exit was seen since the last harvest
    event::Counters folds_;
    std::optional<Error> failure_;
    bool log_failed_ = false;                      // nothing more goes into it
    bool full_ = false;                            // there is room for no further record, only for what closes the log
    std::size_t room_ = 0;                         // lines_ may become this long
    std::uint64_t kept_ = 0;                       // bytes of records' lines so far
    std::map<std::string, std::uint64_t> unkept_;  // records for which there was no room, by kind
    std::chrono::steady_clock::time_point flushed_;

    store::Journal* journal_ = nullptr;
    std::function<void()> before_digests_;
    std::size_t journaled_ = 0;     // bytes of lines_ that are in the journal
    std::uint64_t line_count_ = 0;  // lines before those
    std::uint32_t command_pid_ = 0;
    std::optional<std::int32_t> command_status_;
    bool command_executed_ = false;
    bool resumed_ = false;
    bool closing_ = false;  // the recorder before this one had begun to close the log
    std::set<std::pair<event::ObjectId, event::Stamp>> digested_;  // before this recorder
    using FoldKey = std::tuple<event::ProcessId, event::ObjectId, std::uint32_t, std::uint32_t>;
    std::set<FoldKey> folded_;  // totals that were taken before this recorder
};

}  // namespace fstracker::capture
