// SPDX-License-Identifier: Apache-2.0
// A recorder between a source that a test scripts and files that are there.
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <catch2/catch.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/recorder.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/event/log.hpp"
#include "tests/unit/event/wire.hpp"
#include "tests/unit/scratch.hpp"

namespace fstracker::capture::testing {

using event::testing::Bytes;
using event::testing::bytes_of;
using fstracker::testing::content_of;
using fstracker::testing::Scratch;

class ScriptedSource : public Source {
  public:
    [[nodiscard]] const SourceInfo& info() const override { return info_; }
    Status start(pid_t) override { return {}; }
    Result<std::size_t> poll(int, const Sink& sink) override {
        ++polls;
        if (fails_at == polls) return fail(ErrorKind::kSystem, "the ring is gone", "start again");
        if (batches.empty()) {
            command.over = true;
            return 0U;
        }
        const std::vector<Bytes> batch = std::move(batches.front());
        batches.pop_front();
        for (const Bytes& bytes : batch) deliver(bytes, sink);
        return batch.size();
    }
    void wake() override {}
    std::vector<event::FoldTotal> harvest(const std::function<bool(event::ProcessId)>& ended) override {
        if (fails_at != 0 && polls >= fails_at && ++beats_after_failure == 3) command.over = true;
        std::vector<event::FoldTotal> taken;
        std::erase_if(folds, [&](const event::FoldTotal& fold) {
            if (!ended(fold.process)) return false;
            taken.push_back(fold);
            return true;
        });
        harvested += taken.size();
        return taken;
    }
    Status end(const Sink&) override { return {}; }
    Result<SourceTotals> stop(const Sink& sink) override {
        stopped_over = command.over;
        if (before_stop) before_stop();
        for (const auto& batch : batches) {
            for (const Bytes& bytes : batch) deliver(bytes, sink);
        }
        if (stop_fails) return fail(ErrorKind::kSystem, "the totals are gone", "");
        SourceTotals totals;
        totals.kernel.push_back({"access", sent + lost, 0, sent, {}, 0, 0});
        if (lost != 0) totals.kernel.back().lost["ring-full"] = lost;
        totals.folds = folds;
        totals.missed = missed;
        totals.unfollowed_requests = unfollowed_requests;
        return totals;
    }

    std::deque<std::vector<Bytes>> batches;
    std::vector<event::FoldTotal> folds;
    std::uint64_t lost = 0;
    std::uint64_t missed = 0;
    bool unfollowed_requests = false;
    std::size_t fails_at = 0;  // the number of the poll, from 1
    bool stop_fails = false;
    std::function<void()> before_stop;

    CommandEnd command;
    bool stopped_over = false;
    std::size_t polls = 0;
    std::size_t beats_after_failure = 0;
    std::size_t harvested = 0;
    std::uint64_t sent = 0;

  private:
    void deliver(const Bytes& bytes, const Sink& sink) {
        ++sent;
        sink(bytes);
    }
    SourceInfo info_{"scripted", {"none"}, {"io_uring is not seen."}};
};

// Records with their numbers, as one CPU would make them.
class Wire {
  public:
    Bytes access(const std::string& path, std::uint32_t access, fst_u32 process = 1) {
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        fst_access record{};
        record.header = header(FST_ACCESS, process);
        record.object.inode = status.st_ino;
        record.object.device = major(status.st_dev) << 20 | minor(status.st_dev);
        record.object.size = static_cast<fst_u64>(status.st_size);
        record.object.mtime = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
        record.object.ctime = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec;
        record.object.mode = status.st_mode;
        record.object.links = 1;
        record.object.writers = (access & FST_WRITE) != 0 ? 1 : 0;
        record.object.magic = 0xEF53;
        record.access = access;
        record.descriptor = -1;
        std::string tail;
        for (std::size_t end = path.size(); end != 0 && end != std::string::npos;) {
            const std::size_t slash = path.rfind('/', end - 1);
            tail += path.substr(slash + 1, end - slash - 1) + '\0';
            end = slash;
        }
        record.path_size = static_cast<fst_u16>(tail.size());
        return bytes_of(record, tail);
    }
    Bytes exit(fst_u32 process) {
        fst_exit record{};
        record.header = header(FST_EXIT, process);
        return bytes_of(record);
    }
    Bytes exec(fst_u32 process, std::vector<std::string> arguments) {
        event::testing::ExecParts exec = event::testing::an_exec();
        exec.record.header = header(FST_EXEC, process);
        exec.record.object.magic = 0x9fa0;  // not to be looked for
        exec.record.parent = 0;
        exec.record.argc = static_cast<fst_u32>(arguments.size());
        exec.argv.clear();
        for (const std::string& argument : arguments) exec.argv += argument + '\0';
        return exec.bytes();
    }
    void skip(std::uint64_t records) { sequence_ += records; }
    std::uint32_t cpu = 0;

  private:
    fst_header header(fst_kind kind, fst_u32 process) {
        fst_header header = event::testing::header_of(kind, process);
        header.sequence = ++sequence_;
        header.cpu = cpu;
        return header;
    }
    std::uint64_t sequence_ = 0;
};

struct Recording {
    Scratch scratch;
    ScriptedSource source;
    Wire wire;
    std::unique_ptr<store::LogWriter> log;
    std::unique_ptr<Recorder> recorder;
    run::Record record;

    std::string log_path() const { return scratch / "events.zst"; }

    void go(std::int32_t status = 0) {
        auto hasher = digest::Hasher::start({});
        REQUIRE(hasher);
        auto writer = store::LogWriter::create(log_path());
        REQUIRE(writer);
        log = std::move(*writer);
        recorder = std::make_unique<Recorder>(source, **hasher, *log, event::ClockOffset{1'000'000'000});
        source.command.status = status;
        recorder->begin();
        recorder->record(source.command);
        record = recorder->take_record({});
    }
    std::string reasons() const {
        std::string all;
        for (const std::string& reason : record.completeness.reasons) all += reason + "\n";
        return all;
    }
    // The log, replayed, gives the same record.
    std::size_t replay() {
        const auto hex = log->finish_hex();
        REQUIRE(hex);
        CHECK(*hex == base::to_hex(digest::sha256(content_of(log_path()))));
        run::Run run;
        std::size_t lines = 0;
        const auto read = store::for_each_line(log_path(), [&](std::string_view line) -> Status {
            auto event = event::parse_line(line);
            if (!event) return fail(event.error());
            run.apply(*event);
            ++lines;
            return {};
        });
        if (!read) FAIL(read.error().message);
        CHECK(run.record({}) == record);
        return lines;
    }
};

}  // namespace fstracker::capture::testing
