// SPDX-License-Identifier: Apache-2.0
#include "capture/recorder.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "capture/name_resolver.hpp"
#include "core/base/clock.hpp"
#include "core/base/parts.hpp"
#include "core/event/log.hpp"
#include "core/event/redact.hpp"
#include "core/run/blind_spots.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

namespace {

// How long the reader lets records gather. Short while something happens, so that a file that is soon gone or rewritten
// is hashed in time; the kernel wakes it earlier when much has gathered.
constexpr int kBusyMilliseconds = 5;
constexpr int kIdleMilliseconds = 40;
constexpr std::chrono::milliseconds kLinger{200};
// So many last looks are worth a thread.
constexpr std::size_t kManyLooks = 1000;
constexpr std::size_t kLogChunk = 256 * 1024;
// What a recorder that is killed loses of the log.
constexpr auto kFlushEvery = std::chrono::seconds(1);
constexpr std::uint64_t kLargestJournal = std::uint64_t{4} << 20;

// Room is asked for in steps of a quarter of what was written, within these.
constexpr std::size_t kLeastStep = 16 * 1024;
constexpr std::size_t kMostStep = 256 * 1024;
// A fold total's line is no longer than this; so many are handled at once.
constexpr std::size_t kLongestFold = 512;
constexpr std::size_t kFoldsAtOnce = 8192;
// What one object takes in the log, compressed, after its last access: digests and the final stamp.
constexpr std::uint64_t kClosingBytes = 192;

// What the evidence takes beside a log with `kept` bytes of records. A bundle was 1.6 to 1.9 times as long as they are;
// past 8 MiB the statement is folded, and the table compressed beside it.
std::uint64_t evidence_bytes(std::uint64_t kept) {
    constexpr std::uint64_t kSmall = 48 * 1024;
    constexpr std::uint64_t kUnfolded = std::uint64_t{4} << 20;
    constexpr std::uint64_t kFolded = std::uint64_t{12} << 20;
    return kSmall + (kept < kUnfolded ? kept * 9 / 4 : kFolded + kept / 3);
}

// Where nobody knows how the command ended: as if the tracker had.
constexpr std::int32_t kUnknownStatus = 125 << 8;

// Past this after the command's end, digests that are still being taken are given up as lost.
constexpr auto kDigestDeadline = std::chrono::hours(6);

std::vector<digest::Whereabouts> places_of(const event::Path& path, std::uint32_t pid, std::int32_t descriptor) {
    std::vector<digest::Whereabouts> places;
    if (!path.truncated && !path.detached) places.push_back({path.bytes, pid, -1});
    if (pid != 0 && (descriptor >= 0 || places.empty())) places.push_back({{}, pid, descriptor});
    return places;
}

// What a path leads to now, if it is still that object. One system call where it lies in the recorder's own view.
std::optional<event::Stamp> stamp_at(const run::Tracked& tracked, const event::Path& path) {
    if (!path.truncated && !path.detached) {
        if (auto stamp = digest::stamp_at_path(tracked.object, path.bytes)) return stamp;
    }
    auto stamp = digest::stamp_now(tracked.object, places_of(path, tracked.pid, -1));
    return stamp ? std::optional(*stamp) : std::nullopt;
}

event::FinalStamp look_at(const run::Tracked& tracked) {
    event::FinalStamp final{tracked.object, std::nullopt, {}};
    for (auto path = tracked.paths.rbegin(); path != tracked.paths.rend(); ++path) {
        const bool last = path + 1 == tracked.paths.rend();
        if (tracked.replaced) {
            final.gone_paths.push_back(path->bytes);
        } else if (auto stamp = stamp_at(tracked, *path); stamp) {
            final.stamp = *stamp;
        } else {
            final.gone_paths.push_back(path->bytes);
            if (!last || final.stamp) continue;
            // No name leads there; a process that has it open does.
            if (auto open = digest::stamp_now(tracked.object, {{{}, tracked.pid, tracked.descriptor}}); open)
                final.stamp = *open;
        }
    }
    return final;
}

std::tuple<event::ProcessId, event::ObjectId, std::uint32_t, std::uint32_t> key_of(const event::FoldTotal& fold) {
    return {fold.process, fold.object, fold.access, fold.name};
}

LastLooks look_at_all(std::span<const run::Tracked> objects) {
    LastLooks looks;
    for (const run::Tracked& tracked : objects) {
        event::FinalStamp final = look_at(tracked);
        if (final.stamp == tracked.last.stamp && final.gone_paths.empty())
            ++looks.unchanged;
        else
            looks.changed.push_back(std::move(final));
    }
    return looks;
}

}  // namespace

Recorder::Recorder(Source& source, digest::Hasher& hasher, store::LogWriter& log, event::ClockOffset clock,
                   judge::Watch* watch)
    : source_(source), hasher_(hasher), log_(log), clock_(clock), watch_(watch) {
    folds_.kind = "fold";
}

void Recorder::begin() {
    for (const std::string& text : source_.info().blind_spots) apply(event::BlindSpot{text, false});
    write_journal();
}

void Recorder::failed(const Error& error) {
    if (!failure_) failure_ = error;
}

// Without room for it there is none: should this process be killed, the log ends where it was flushed, and the record
// says what is missing.
void Recorder::write_journal() {
    if (journal_ == nullptr || journaled_ == lines_.size()) return;
    const std::string_view fresh = std::string_view(lines_).substr(journaled_);
    const auto count = static_cast<std::uint64_t>(std::count(fresh.begin(), fresh.end(), '\n'));
    if (!journal_->append(fresh, count)) {
        journal_->clear(0);
        journal_ = nullptr;
        return;
    }
    journaled_ = lines_.size();
    line_count_ += count;
}

void Recorder::write_log() {
    if (lines_.empty() || log_failed_) return;
    write_journal();
    if (auto written = log_.append(lines_); !written) {
        log_failed_ = true;
        failed(written.error());
    }
    room_ -= std::min(room_, lines_.size());
    lines_.clear();
    journaled_ = 0;
}

void Recorder::flush_log() {
    const auto now = std::chrono::steady_clock::now();
    if (now - flushed_ < kFlushEvery && (journal_ == nullptr || journal_->bytes() < kLargestJournal)) return;
    flushed_ = now;
    write_log();
    if (log_failed_) return;
    if (auto flushed = log_.flush(); !flushed) {
        log_failed_ = true;
        failed(flushed.error());
    } else if (journal_ != nullptr) {
        journal_->clear(line_count_);
    }
}

Status Recorder::make_room(std::size_t least) {
    const std::size_t step = std::max(least, std::clamp<std::size_t>(kept_ / 4, kLeastStep, kMostStep));
    const std::uint64_t closing = run_.object_count() * kClosingBytes + step;
    if (auto reserved = log_.reserve(lines_.size() + step + closing + evidence_bytes(kept_ + step)); !reserved)
        return reserved;
    room_ = lines_.size() + step;
    return {};
}

bool Recorder::keep(const event::Event& event) {
    if (full_) return false;
    if (!log_failed_) {
        const std::size_t before = lines_.size();
        event::append_line(lines_, event);
        kept_ += lines_.size() - before;
        if (lines_.size() > room_) {
            if (auto made = make_room(); !made) {
                lines_.resize(before);
                full_ = true;
                failed(made.error());
                return false;
            }
        }
    }
    run_.apply(event);
    if (watch_ != nullptr) watch_->see(event);
    return true;
}

void Recorder::note_process(const event::Event& event) {
    if (const auto* exec = std::get_if<event::Exec>(&event))
        command_executed_ = command_executed_ || exec->common.pid == command_pid_;
    const auto* exit = std::get_if<event::Exit>(&event);
    if (exit == nullptr) return;
    ended_[exit->common.process] = true;
    if (command_pid_ != 0 && exit->common.pid == command_pid_) command_status_ = exit->status;
}

// What the recorder itself has to say: room for it is held.
void Recorder::apply(const event::Event& event) {
    if (!log_failed_) event::append_line(lines_, event);
    run_.apply(event);
    if (watch_ != nullptr) watch_->see(event);
    if (lines_.size() >= kLogChunk) write_log();
}

Status Recorder::replay(std::string_view line) {
    if (closing_) return {};
    const auto event = event::parse_line(line);
    if (!event) return fail(event.error());
    closing_ = std::holds_alternative<event::FinalStamp>(*event) || std::holds_alternative<event::Unchanged>(*event) ||
               std::holds_alternative<event::Counters>(*event) ||
               std::holds_alternative<event::RecorderCounters>(*event) ||
               std::holds_alternative<event::RunEnded>(*event);
    if (closing_) return {};
    const event::Common* common = event::common_of(*event);
    const auto* fold = std::get_if<event::FoldTotal>(&*event);
    const bool of_the_kernel = common != nullptr && common->sequence != 0;
    if (of_the_kernel) {
        check_sequence(*common);
        note_process(*event);
    }
    if (fold != nullptr) {
        folded_.insert(key_of(*fold));
        ++folds_.seen;
        ++folds_.delivered;
    }
    if (of_the_kernel || fold != nullptr) {
        ++counters_.received;
        ++counters_.decoded;
        kept_ += line.size() + 1;
    }
    if (const auto* digested = std::get_if<event::Digested>(&*event))
        digested_.emplace(digested->object, digested->wanted);
    lines_.append(line) += '\n';
    run_.apply(*event);
    if (watch_ != nullptr) watch_->see(*event);
    ++line_count_;
    if (lines_.size() >= kLogChunk) write_log();
    return {};
}

Status Recorder::resume(std::uint64_t lost) {
    resumed_ = true;
    counters_.sequence_gaps += lost;
    write_log();
    if (log_failed_) return fail(*failure_);
    if (auto flushed = log_.flush(); !flushed) return flushed;
    flushed_ = std::chrono::steady_clock::now();
    return {};
}

void Recorder::check_sequence(const event::Common& common) {
    std::uint64_t& last = sequences_[common.cpu];
    if (common.sequence != last + 1) ++counters_.sequence_gaps;
    last = common.sequence;
}

void Recorder::on_record(std::span<const std::byte> record) {
    ++counters_.received;
    auto event = event::decode(record, clock_);
    if (!event) {
        if (counters_.malformed++ == 0)
            apply(event::BlindSpot{
                "A record of the kernel could not be decoded and is lost: " + event.error().message + ".", true});
        return;
    }
    if (const event::Common* common = event::common_of(*event)) {
        // The recorder before this one was killed between writing it down and taking it out of the ring.
        if (resumed_ && common->sequence <= sequences_[common->cpu]) {
            --counters_.received;
            return;
        }
        check_sequence(*common);
    }
    if (auto* exec = std::get_if<event::Exec>(&*event))
        event::redact(exec->arguments, exec->arguments_truncated ? event::Ending::kCut : event::Ending::kWhole);
    note_process(*event);
    std::vector<event::Renamed> renamed;
    if (const auto* change = std::get_if<event::NameChange>(&*event)) renamed = resolve_all(*change);
    if (!keep(*event)) {
        --counters_.received;
        // The kernel's kinds come first in the variant, in the order of enum fst_kind.
        ++unkept_[event::kKindNames.at(event->index() + 1)];
        return;
    }
    ++counters_.decoded;
    for (const event::Renamed& one : renamed) apply(one);
    write_journal();
    if (lines_.size() >= kLogChunk) write_log();
}

void Recorder::want(const run::HashWanted& wanted) {
    if (!digested_.empty() && digested_.contains({wanted.object.id, wanted.object.stamp})) return;
    hasher_.want(digest::Want{wanted.object, places_of(wanted.path, wanted.pid, wanted.descriptor)});
}

void Recorder::drain_digests() {
    const auto digests = hasher_.take();
    if (digests.empty()) return;
    if (before_digests_) before_digests_();
    for (const event::Digested& digested : digests) apply(digested);
    write_journal();
}

void Recorder::beat() {
    for (const run::HashWanted& wanted : run_.take_wanted()) want(wanted);
    drain_digests();
    take(source_.harvest([this](event::ProcessId process) { return ended_.contains(process); }));
    flush_log();
}

void Recorder::take(std::vector<event::FoldTotal> totals) {
    for (event::FoldTotal& fold : totals) fold.last += clock_.nanoseconds;
    if (!folded_.empty())
        std::erase_if(totals, [this](const event::FoldTotal& fold) { return folded_.contains(key_of(fold)); });
    for (std::span rest(totals); !rest.empty(); rest = rest.subspan(std::min(rest.size(), kFoldsAtOnce)))
        take_at_once(rest.first(std::min(rest.size(), kFoldsAtOnce)));
}

// Where there is room for all of them, another thread writes them down while this one applies them.
void Recorder::take_at_once(std::span<const event::FoldTotal> totals) {
    const std::size_t most = totals.size() * kLongestFold;
    const bool room = !log_failed_ && !full_ && (lines_.size() + most <= room_ || make_room(most));
    std::size_t taken = 0;
    if (room) {
        const auto written = std::async(base::kBesideOrLater, [this, totals] {
            const std::size_t before = lines_.size();
            for (const event::FoldTotal& fold : totals) event::append_line(lines_, fold);
            kept_ += lines_.size() - before;
            if (lines_.size() >= kLogChunk) write_log();
        });
        for (const event::FoldTotal& fold : totals) run_.apply(fold);
        written.wait();
        taken = totals.size();
    } else {
        for (const event::FoldTotal& fold : totals) taken += keep(fold) ? 1U : 0U;
    }
    write_journal();
    folds_.seen += totals.size();
    folds_.delivered += taken;
    if (taken != totals.size()) folds_.lost[event::kLostLogFull] += totals.size() - taken;
    counters_.received += taken;
    counters_.decoded += taken;
}

void Recorder::record(const CommandEnd& end) {
    const Source::Sink sink = [this](std::span<const std::byte> record) { on_record(record); };
    int wait = kBusyMilliseconds;
    bool readable = true;
    while (!end.over.load(std::memory_order_acquire) && !command_status_) {
        if (!readable) {  // the command goes on all the same, and so do the digests of what was seen
            std::this_thread::sleep_for(std::chrono::milliseconds(kIdleMilliseconds));
            beat();
            continue;
        }
        auto count = source_.poll(wait, sink);
        beat();
        if (count) {
            wait = *count != 0 ? kBusyMilliseconds : std::min(wait * 2, kIdleMilliseconds);
        } else {
            failed(count.error());
            readable = false;
        }
    }
    if (readable) linger(sink);
    finish(end);
}

// Helpers of multiprocessing and of shells' pipelines end a few milliseconds after the command. What goes on for longer
// is named in the record.
void Recorder::linger(const Source::Sink& sink) {
    const auto until = std::chrono::steady_clock::now() + kLinger;
    for (int wait = 0; source_.poll(wait, sink).has_value(); wait = kBusyMilliseconds) {
        beat();
        if (!run_.has_others_running() || std::chrono::steady_clock::now() >= until) break;
    }
}

std::vector<LastLooks> Recorder::look_once_more() const {
    const std::vector<run::Tracked> tracked = run_.tracked();
    const auto parts = base::parts_of(tracked.size(), kManyLooks);
    std::vector<LastLooks> looks(parts.size());
    base::for_each_part(parts, [&](std::size_t which, base::Part part) {
        looks[which] = look_at_all(std::span(tracked).subspan(part.begin, part.end - part.begin));
    });
    return looks;
}

void Recorder::apply(const std::vector<LastLooks>& looks) {
    std::uint64_t unchanged = 0;
    for (const LastLooks& part : looks) {
        for (const event::FinalStamp& final : part.changed) apply(final);
        unchanged += part.unchanged;
    }
    apply(event::Unchanged{unchanged});
}

// Takes the digests that are wanted so far.
void Recorder::finish_digests(std::chrono::steady_clock::time_point deadline) {
    beat();
    if (!hasher_.finish(deadline))
        failed(Error{ErrorKind::kSystem, "digests were still being taken after six hours", ""});
    drain_digests();
}

void Recorder::finish(const CommandEnd& command) {
    if (command.failure) failed(*command.failure);
    if (!command.status && !command_status_)
        failed(Error{ErrorKind::kSystem, "how the command ended was not seen", ""});
    const Source::Sink sink = [this](std::span<const std::byte> record) { on_record(record); };
    const auto deadline = std::chrono::steady_clock::now() + kDigestDeadline;
    if (auto ended = source_.end(sink); !ended) failed(ended.error());
    const std::int64_t end = base::unix_time();
    finish_digests(deadline);
    std::vector<LastLooks> looks = look_once_more();
    const std::uint64_t received = counters_.received;
    auto totals = source_.stop(sink);
    if (!totals) failed(totals.error());
    if (counters_.received != received) {  // something was still on its way
        finish_digests(deadline);
        looks = look_once_more();
    }
    apply(looks);
    for (const run::HashWanted& wanted : run_.wanted_at_end()) want(wanted);
    finish_digests(deadline);

    if (totals) {
        take(std::move(totals->folds));
        for (event::Counters& kind : totals->kernel) {
            if (const std::uint64_t unkept = unkept_[kind.kind]; unkept != 0) {
                kind.delivered -= std::min(kind.delivered, unkept);
                kind.lost[event::kLostLogFull] += unkept;
            }
            apply(kind);
        }
        counters_.missed = totals->missed;
        if (totals->unfollowed_requests)
            apply(event::BlindSpot{run::blind_spot::entered(FST_BLIND_IO_URING_REQUEST), true});
    }
    apply(folds_);
    apply(counters_);
    apply(event::RunEnded{end, command.status ? *command.status : command_status_.value_or(kUnknownStatus),
                          failure_.has_value(), failure_ ? failure_->message : std::string()});
    write_log();
}

}  // namespace fstracker::capture
