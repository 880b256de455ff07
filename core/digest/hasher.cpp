// SPDX-License-Identifier: Apache-2.0
#include "core/digest/hasher.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/digest/details_cache.hpp"
#include "core/digest/hash_object.hpp"

namespace fstracker::digest {

namespace {

// Above this a file is long work: one worker's alone while the step runs.
constexpr std::uint64_t kLarge = std::uint64_t{16} << 20;

// A file that changed this shortly before it was hashed may change again within the same tick of its timestamp.
constexpr std::int64_t kRacy = 20'000'000;

// In a run that lasts days the cache is written now and then.
constexpr std::size_t kFlushAt = 8192;

constexpr std::chrono::seconds kPatience{2};

bool is_settled(const event::Stamp& stamp, std::int64_t now) {
    return std::max(stamp.mtime, stamp.ctime) <= now - kRacy;
}

}  // namespace

struct Hasher::State {
    enum class Preference { kShort, kLong };

    void work(Preference preference) {
        const int niceness = preference == Preference::kLong ? options.long_niceness : options.niceness;
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), ::getpriority(PRIO_PROCESS, 0) + niceness);
        for (;;) {
            std::unique_lock lock(mutex);
            work_waits.wait(lock, [&] { return stop.load() || !queued_short.empty() || may_take_long(preference); });
            if (stop.load()) break;
            const bool is_long = may_take_long(preference) && (preference == Preference::kLong || queued_short.empty());
            auto& queue = is_long ? queued_long : queued_short;
            const Want want = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            HashedObject hashed = hash(want);
            lock.lock();
            totals.bytes_hashed += hashed.bytes;
            if (hashed.inspection) inspections.add(*hashed.event.digest, std::move(*hashed.inspection));
            give(std::move(hashed.event));
            --outstanding;
            if (outstanding == 0) all_done.notify_all();
        }
        const std::scoped_lock lock(mutex);
        --running;
        all_done.notify_all();
    }

    // With the lock. While the step runs, long work is the patient worker's: it takes what the step leaves.
    bool may_take_long(Preference preference) const {
        if (queued_long.empty()) return false;
        return preference == Preference::kLong || options.workers < 2 || (waited_for && queued_short.empty());
    }

    // With the lock.
    void give(event::Digested event) {
        ++totals.done;
        results.push_back(std::move(event));
        if (results.size() == 1) ::eventfd_write(ready.get(), 1);
    }

    HashedObject hash(const Want& want) {
        const std::int64_t began = options.clock();
        HashedObject hashed = hash_object(want, options, stop);
        event::Digested& event = hashed.event;
        event.time = options.clock();
        // A writer may go on through a mapping without moving the stamp; and a hit could not say that fs-verity is on.
        const bool lasting = event.digest && event.before == event.wanted && event.after == event.wanted &&
                             want.object.writers <= 0 && !event.verity && is_settled(event.wanted, began);
        if (cache && lasting && may_be_cached(hashed.file_system)) {
            const auto* said = hashed.inspection && hashed.inspection->lasting ? &*hashed.inspection : nullptr;
            cache->store({event.object, event.wanted}, *event.digest,
                         said != nullptr ? Note::of(options.inspector.version, *said) : Note{});
            if (said != nullptr && !said->details.empty()) {
                const std::scoped_lock lock(details_mutex);
                details->store(*event.digest, said->details);
            }
            if (cache->pending() >= kFlushAt) flush();
        }
        return hashed;
    }

    void flush() {
        static_cast<void>(cache->flush());
        const std::scoped_lock lock(details_mutex);
        static_cast<void>(details->flush());
    }

    // What the inspector said of it in an earlier run. None: it has to be asked again, and the file opened.
    std::optional<Inspection> recall(const Cache::Found& found) {
        Inspection said{found.note.kind(), {}};
        if (found.note.version() != options.inspector.version) return std::nullopt;
        if (!found.note.has_details()) return said;
        const std::scoped_lock lock(details_mutex);
        const std::string* text = details->find(found.digest);
        if (text == nullptr) return std::nullopt;
        said.details = *text;
        return said;
    }

    struct Answer {
        event::Digested event;
        std::optional<Inspection> inspection;
    };

    // What can be answered without touching the file.
    std::optional<Answer> answer_at_once(const Want& want) {
        std::optional<Inspection> inspection;
        event::Digested event;
        event.object = want.object.id;
        event.wanted = event.before = event.after = want.object.stamp;
        const bool known_type = want.object.mode != 0;
        if (known_type && !want.object.regular()) {
            event.refusal = event::Refusal::kNotRegular;
        } else if (options.largest && (*options.largest == 0 || want.object.stamp.size > *options.largest)) {
            event.refusal = event::Refusal::kTooLarge;
        } else if (cache && want.object.id.known() && want.object.writers <= 0 && may_be_cached(want.object.magic)) {
            const auto found = cache->find({want.object.id, want.object.stamp});
            if (!found) return std::nullopt;
            if (options.inspector.inspect) {
                inspection = recall(*found);
                if (!inspection) return std::nullopt;
            }
            event.digest = found->digest;
            event.cached = true;
        } else {
            return std::nullopt;
        }
        event.time = options.clock();
        return Answer{std::move(event), std::move(inspection)};
    }

    HasherOptions options;
    std::unique_ptr<Cache> cache;
    std::mutex details_mutex;
    std::optional<DetailsCache> details;  // where there is a cache
    std::optional<Error> cache_problem;
    base::Fd ready;
    std::atomic<bool> stop{false};

    mutable std::mutex mutex;  // of all that follows
    std::condition_variable work_waits;
    std::condition_variable all_done;
    std::deque<Want> queued_short;
    std::deque<Want> queued_long;
    unsigned running = 0;
    bool waited_for = false;  // finish() waits
    std::uint64_t outstanding = 0;
    std::vector<event::Digested> results;
    Inspections inspections;
    Totals totals;

    std::vector<std::thread> threads;  // of the Hasher's thread alone
};

Hasher::Hasher(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Hasher>> Hasher::start(const HasherOptions& options) {
    auto state = std::make_shared<State>();
    state->options = options;
    if (!state->options.clock) state->options.clock = base::unix_time;
    state->ready.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!state->ready) return base::fail_errno(errno, "cannot make an eventfd");
    if (!options.cache.empty()) {
        auto cache = Cache::open(options.cache);
        if (cache) {
            state->cache = std::move(*cache);
            state->details.emplace(options.cache + ".details", options.inspector.version);
        } else {
            state->cache_problem = cache.error();
        }
    }

    // Signals are for the thread that starts us.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::unique_ptr<Hasher> hasher(new Hasher(state));
    Status started;
    try {
        const unsigned workers = std::max(1U, options.workers);
        for (unsigned i = 0; i < workers; ++i) {
            const auto preference = i == 0 && workers > 1 ? State::Preference::kLong : State::Preference::kShort;
            state->threads.emplace_back([state, preference] { state->work(preference); });
            const std::scoped_lock lock(state->mutex);
            ++state->running;
        }
    } catch (const std::system_error& error) {
        started = base::fail_errno(error.code().value(), "cannot start a thread that hashes");
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!started) return fail(started.error());
    return hasher;
}

Hasher::~Hasher() {
    bool ended = false;
    {
        std::unique_lock lock(state_->mutex);
        state_->stop = true;
        state_->work_waits.notify_all();
        ended = state_->all_done.wait_for(lock, kPatience, [&] { return state_->running == 0; });
    }
    for (std::thread& thread : state_->threads) {
        if (ended) {
            thread.join();
        } else {
            thread.detach();  // held up by a file system that does not answer; it keeps the state alive
        }
    }
    if (state_->cache) state_->flush();
}

void Hasher::want(Want want) {
    std::optional<State::Answer> answer = state_->answer_at_once(want);
    const std::scoped_lock lock(state_->mutex);
    ++state_->totals.wanted;
    if (answer) {
        state_->totals.cache_hits += answer->event.cached ? 1U : 0U;
        if (answer->inspection) state_->inspections.add(*answer->event.digest, std::move(*answer->inspection));
        state_->give(std::move(answer->event));
        return;
    }
    ++state_->outstanding;
    if (want.object.stamp.size <= kLarge) {
        state_->queued_short.push_back(std::move(want));
        state_->work_waits.notify_one();
    } else {
        state_->queued_long.push_back(std::move(want));
        state_->work_waits.notify_all();  // not every worker may take it
    }
}

std::vector<event::Digested> Hasher::take() {
    const std::scoped_lock lock(state_->mutex);
    eventfd_t ignored = 0;
    ::eventfd_read(state_->ready.get(), &ignored);
    return std::exchange(state_->results, {});
}

bool Hasher::finish(std::chrono::steady_clock::time_point deadline) {
    {
        std::unique_lock lock(state_->mutex);
        state_->waited_for = true;
        state_->work_waits.notify_all();
        if (!state_->all_done.wait_until(lock, deadline, [&] { return state_->outstanding == 0; })) return false;
    }
    if (state_->cache) state_->flush();
    return true;
}

Inspections Hasher::take_inspections() {
    const std::scoped_lock lock(state_->mutex);
    return std::exchange(state_->inspections, {});
}

int Hasher::ready_fd() const { return state_->ready.get(); }

Hasher::Totals Hasher::totals() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->totals;
}

const std::optional<Error>& Hasher::cache_problem() const { return state_->cache_problem; }

}  // namespace fstracker::digest
