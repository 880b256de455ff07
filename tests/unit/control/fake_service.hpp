// SPDX-License-Identifier: Apache-2.0
// A service that keeps runs as the real one does, as far as a client can tell: who may, waiting for a process to end,
// findings for subscribers. It records nothing. A run's files are those that StartRun gave.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/control/given_files.hpp"
#include "daemon/control/pidfd.hpp"
#include "daemon/control/service.hpp"

namespace fstracker::control::testing {

class FakeService : public Service {
  public:
    static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
    static constexpr std::size_t kRunsPerUser = 8;
    static constexpr int kFlood = 2000;  // findings of a run whose step is "flood"

    void start_run(const Peer& peer, StartRun::Parameters parameters, Descriptors descriptors,
                   Answer<StartRun> answer) override {
        base::Fd process = std::move(descriptors[parameters.process.index]);
        const auto owner = owner_of(process);
        if (!owner) return answer.refuse(Refused{owner.error().message, owner.error().hint});
        if (owner->real != peer.uid || owner->effective != peer.uid || owner->saved != peer.uid)
            return answer.refuse(PermissionDenied{"to record another user's process"});
        const auto files = parameters.files.value_or(std::vector<GivenFile>());
        if (auto fine = check_given_files(files, descriptors, kMostBytes); !fine)
            return answer.refuse(Refused{fine.error().message, std::nullopt});
        const auto own = std::count_if(runs_.begin(), runs_.end(), [&](const auto& r) {
            return r.second.run.uid == peer.uid && r.second.run.state == State::kRecording;
        });
        if (static_cast<std::size_t>(own) >= kRunsPerUser)
            return answer.refuse(LimitReached{"runsPerUser", kRunsPerUser});
        Kept kept;
        kept.run.run = fmt::format("run-{}", ++last_);
        kept.run.pipeline = parameters.pipeline;
        kept.run.step = parameters.step;
        kept.run.uid = peer.uid;
        kept.run.backend = parameters.backend.value_or("auto");
        kept.run.command = parameters.command;
        kept.run.started = "2026-01-02T03:04:05Z";
        kept.process = std::move(process);
        for (const auto& file : files) {
            auto content = read_given_file(file, descriptors[file.descriptor.index]);
            if (!content) return answer.refuse(Failed{content.error().message, std::nullopt});
            kept.files.emplace_back(file.path.bytes, std::move(*content));
        }
        const auto id = kept.run.run;
        const auto backend = kept.run.backend;
        publish(id, peer.uid, parameters.step == "flood" ? kFlood : 1);
        runs_.emplace(id, std::move(kept));
        answer.reply({id, backend});
    }

    void finish_run(const Peer& peer, FinishRun::Parameters parameters, Answer<FinishRun> answer) override {
        auto* kept = find(peer, parameters.run);
        if (kept == nullptr) return answer.refuse(NoSuchRun{parameters.run});
        if (kept->run.state != State::kRecording) return answer.reply({std::nullopt, outcome_of(*kept)});
        answer.progress({Progress{Phase::kRecording, std::nullopt, std::nullopt}, std::nullopt});
        kept->waiting.push_back(std::move(answer));
        auto& waiting = kept->waiting;
        waiting.back().on_gone([this, &waiting, it = std::prev(waiting.end())] {
            waiting.erase(it);
            ++gone;
        });
    }

    void abort_run(const Peer& peer, AbortRun::Parameters parameters, Answer<AbortRun> answer) override {
        auto* kept = find(peer, parameters.run);
        if (kept == nullptr) return answer.refuse(NoSuchRun{parameters.run});
        end(*kept, State::kInterrupted);
        answer.reply({});
    }

    void list_runs(const Peer& peer, ListRuns::Parameters parameters, Answer<ListRuns> answer) override {
        ListRuns::Reply reply;
        for (const auto& [id, kept] : runs_) {
            if (kept.run.uid != peer.uid || (parameters.step && kept.run.step != *parameters.step)) continue;
            reply.runs.push_back(kept.run);
            if (!answer.wants_more()) continue;
            answer.progress(reply);
            reply.runs.clear();
        }
        answer.reply(reply);
    }

    void get_run(const Peer& peer, GetRun::Parameters parameters, Answer<GetRun> answer) override {
        const auto* kept = find(peer, parameters.run);
        if (kept == nullptr) return answer.refuse(NoSuchRun{parameters.run});
        GetRun::Reply reply;
        reply.run = kept->run;
        Descriptors descriptors;
        for (const auto& [name, content] : kept->files) {
            base::Fd memory(::memfd_create("file", MFD_CLOEXEC));
            if (::write(memory.get(), content.data(), content.size()) < 0) continue;
            reply.files.push_back({name, content.size(), {static_cast<std::uint32_t>(descriptors.size())}});
            descriptors.push_back(std::move(memory));
        }
        answer.reply(reply, std::move(descriptors));
    }

    void subscribe(const Peer& peer, Subscribe::Parameters parameters, Answer<Subscribe> answer) override {
        if (parameters.run && find(peer, *parameters.run) == nullptr) return answer.refuse(NoSuchRun{*parameters.run});
        answer.progress({});
        subscribers_.push_back({peer.uid, std::move(answer)});
        const auto it = std::prev(subscribers_.end());
        it->answer.on_gone([this, it] {
            subscribers_.erase(it);
            ++gone;
        });
    }

    void get_status(const Peer& peer, Answer<GetStatus> answer) override {
        GetStatus::Reply reply;
        reply.version = "test";
        reply.started = "2026-01-02T03:04:05Z";
        for (const auto& [id, kept] : runs_)
            if (kept.run.uid == peer.uid && kept.run.state == State::kRecording) reply.runs.push_back(kept.run);
        answer.reply(reply);
    }

    void reload(const Peer& peer, Answer<Reload> answer) override {
        if (peer.uid != 0) return answer.refuse(PermissionDenied{"to reload"});
        answer.reply({{"rules/a.yml"}});
    }

    // What the loop around it waits for beside the server, and is to call then.
    [[nodiscard]] std::vector<pollfd> watched() const {
        std::vector<pollfd> list;
        for (const auto& [id, kept] : runs_)
            if (kept.run.state == State::kRecording) list.push_back({kept.process.get(), POLLIN, 0});
        return list;
    }
    void look() {
        for (auto& [id, kept] : runs_) {
            pollfd process{kept.process.get(), POLLIN, 0};
            if (kept.run.state == State::kRecording && ::poll(&process, 1, 0) == 1) end(kept, State::kDone);
        }
    }

    std::size_t gone = 0;  // calls whose connection ended first

  private:
    struct Kept {
        Run run;
        base::Fd process;
        std::vector<std::pair<std::string, std::string>> files;
        std::list<Answer<FinishRun>> waiting;
    };
    struct Subscriber {
        std::uint64_t uid;
        Answer<Subscribe> answer;
    };

    Kept* find(const Peer& peer, const std::string& run) {
        const auto found = runs_.find(run);
        return found != runs_.end() && found->second.run.uid == peer.uid ? &found->second : nullptr;
    }
    static Outcome outcome_of(const Kept& kept) {
        return {kept.run.state == State::kDone ? 0 : 125, JsonObject{R"({"run":")" + kept.run.run + "\"}"}, {}};
    }
    void end(Kept& kept, State state) {
        kept.run.state = state;
        auto waiting = std::move(kept.waiting);
        for (auto& answer : waiting) answer.reply({std::nullopt, outcome_of(kept)});
    }
    void publish(const std::string& run, std::uint64_t uid, int times) {
        Finding finding;
        finding.title = "something was seen";
        finding.why = std::string(1000, 'x');
        for (int i = 0; i < times; ++i)
            for (auto& subscriber : subscribers_)
                if (subscriber.uid == uid) subscriber.answer.progress({run, finding, std::nullopt});
    }

    std::map<std::string, Kept> runs_;
    std::list<Subscriber> subscribers_;
    int last_ = 0;
};

}  // namespace fstracker::control::testing
