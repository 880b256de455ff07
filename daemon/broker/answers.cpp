// SPDX-License-Identifier: Apache-2.0
// What the broker answers about runs and about itself.
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "core/base/clock.hpp"
#include "core/base/time.hpp"
#include "daemon/broker/active_run.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/broker/describe.hpp"
#include "daemon/control/limits.hpp"
#include "daemon/run/findings.hpp"
#include "fstracker/version.hpp"

namespace fstracker::daemon {

namespace {

using namespace std::chrono_literals;

// Looking at the whole store takes its time: no more often than this, however many ask.
constexpr auto kStoreKept = 1s;

}  // namespace

void Broker::list_runs(const control::Peer& peer, control::ListRuns::Parameters parameters,
                       control::Answer<control::ListRuns> answer) {
    constexpr std::size_t kUsual = 1000, kBatch = 200;
    std::int64_t since = 0;
    if (parameters.since) {
        const auto time = base::parse_time(*parameters.since);
        if (!time) return answer.refuse(control::InvalidParameter{"since"});
        since = *time;
    }
    const bool all = answer.wants_more() && !parameters.limit;
    const std::size_t most = all ? ~std::size_t{0} : parameters.limit.value_or(kUsual);
    std::vector<control::Run> found;
    const auto wanted = [&](const control::Run& run, std::int64_t started, std::optional<std::uint32_t> uid) {
        return may_see(peer, uid) && started >= since &&
               (!parameters.pipeline || run.pipeline == *parameters.pipeline) &&
               (!parameters.step || run.step == *parameters.step) && (!parameters.uid || uid == *parameters.uid);
    };
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        control::Run shown = describe_run(run->second->order, run->second->state);
        if (wanted(shown, run->second->order.started, run->second->order.uid)) found.push_back(std::move(shown));
    }
    const auto entries = store_.list();
    if (!entries) return answer.refuse(control::Failed{entries.error().message, std::nullopt});
    for (const auto& entry : *entries) {
        if (runs_.contains(entry.id)) continue;
        control::Run shown = describe_run(entry);
        if (wanted(shown, entry.started, entry.uid)) found.push_back(std::move(shown));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const control::Run& a, const control::Run& b) { return a.run > b.run; });
    if (found.size() > most) found.resize(most);
    std::size_t at = 0;
    for (; answer.wants_more() && found.size() - at > kBatch; at += kBatch)
        answer.progress({{found.begin() + static_cast<std::ptrdiff_t>(at),
                          found.begin() + static_cast<std::ptrdiff_t>(at + kBatch)}});
    answer.reply({{found.begin() + static_cast<std::ptrdiff_t>(at), found.end()}});
}

void Broker::get_run(const control::Peer& peer, control::GetRun::Parameters parameters,
                     control::Answer<control::GetRun> answer) {
    const auto entries = store_.list();
    if (!entries) return answer.refuse(control::Failed{entries.error().message, std::nullopt});
    const store::RunEntry* found = nullptr;
    for (const auto& entry : *entries) {
        if (!may_see(peer, entry.uid)) continue;
        const bool fits = parameters.run == "latest" || entry.id.starts_with(parameters.run);
        if (!fits) continue;
        if (found != nullptr) return answer.refuse(control::NoSuchRun{parameters.run});
        found = &entry;
        if (parameters.run == "latest" || entry.id == parameters.run) break;
    }
    if (found == nullptr || parameters.run.empty()) return answer.refuse(control::NoSuchRun{parameters.run});
    control::GetRun::Reply reply;
    control::Descriptors descriptors;
    reply.run = describe_run(*found);
    for (const auto& [name, size] : files_of(found->directory)) {
        if (descriptors.size() == control::kMostDescriptorsAtOnce) {
            ++reply.remaining;
            continue;
        }
        base::Fd file(::open((found->directory + "/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        if (!file) return answer.refuse(control::Failed{"a file of the run cannot be opened: " + name, std::nullopt});
        reply.files.push_back({name, size, {static_cast<std::uint32_t>(descriptors.size())}});
        descriptors.push_back(std::move(file));
    }
    answer.reply(reply, std::move(descriptors));
}

void Broker::subscribe(const control::Peer& peer, control::Subscribe::Parameters parameters,
                       control::Answer<control::Subscribe> answer) {
    const bool in_work = parameters.run && find(peer, *parameters.run) != nullptr;
    if (parameters.run && !in_work) {
        const auto entry = store_.entry(*parameters.run);
        if (!entry || !may_see(peer.uid, entry->uid)) return answer.refuse(control::NoSuchRun{*parameters.run});
        return answer.reply({});  // nothing more will be found
    }
    subscribers_.remove_if([](const Subscriber& one) { return one.answer.gone(); });
    answer.progress({});
    subscribers_.push_back({peer.uid, std::move(parameters.run), std::move(answer)});
}

// A subscriber that does not keep up is told how many it was not told of.
void Broker::tell_finding(const Active& run, const std::string& text) {
    constexpr std::size_t kMostUnread = std::size_t{256} << 10;
    auto finding = read_finding(text);
    if (!finding) return;
    spdlog::info("run {}: {}", run.order.run, finding->title);
    subscribers_.remove_if([](const Subscriber& one) { return one.answer.gone(); });
    for (Subscriber& one : subscribers_) {
        if (!may_see(one.uid, run.order.uid) || (one.run && *one.run != run.order.run)) continue;
        if (one.answer.unread() > kMostUnread) {
            ++one.lost;
            continue;
        }
        control::Subscribe::Reply reply;
        reply.run = run.order.run;
        reply.finding = finding;
        if (one.lost != 0) reply.lost = std::exchange(one.lost, 0);
        one.answer.progress(reply);
    }
}

void Broker::get_status(const control::Peer& peer, control::Answer<control::GetStatus> answer) {
    control::GetStatus::Reply reply;
    reply.version = std::string(kVersion);
    if (!kCommit.empty()) reply.commit = std::string(kCommit);
    if (const auto* kernel = kernel_.known()) {
        reply.backend = kernel->backend();
        reply.hooks = kernel->hooks();
    }
    reply.started = base::format_time(started_);
    reply.uptime = static_cast<std::uint64_t>(std::max<std::int64_t>(0, base::unix_time() - started_) / 1'000'000'000);
    for (const auto& [id, run] : runs_)
        if (may_see(peer, run->order.uid)) reply.runs.push_back(describe_run(run->order, run->state));
    if (!store_said_ || Clock::now() - store_said_at_ > kStoreKept) {
        store_said_ = describe_store(configuration_.store);
        store_said_at_ = Clock::now();
    }
    reply.store = store_said_;
    if (trouble_)
        reply.problems.push_back(
            {trouble_->message, trouble_->hint.empty() ? std::nullopt : std::optional(trouble_->hint)});
    answer.reply(reply);
}

void Broker::reload(const control::Peer& peer, control::Answer<control::Reload> answer) {
    if (peer.uid != 0) return answer.refuse(control::PermissionDenied{"reload the service's configuration"});
    answer.refuse(control::MethodNotImplemented{"Reload"});
}

}  // namespace fstracker::daemon
