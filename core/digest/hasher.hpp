// SPDX-License-Identifier: Apache-2.0
// Digests beside the run. A Hasher has worker threads; wants go in from the run's thread, Digested events come out in
// any order and are taken by that same thread. Nothing of the run is shared with the workers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/digest/cache.hpp"
#include "core/digest/inspection.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

// Where an object may still be found; tried in this order, each believed only when device, inode and generation agree.
struct Whereabouts {
    std::string path;       // as the step saw it (raw bytes), absolute
    std::uint32_t pid = 0;  // in whose root and mount namespace; 0: ours. Its /proc/PID/root is used where it differs
    std::int32_t descriptor = -1;  // in that process: /proc/PID/fd/N
};

struct Want {
    event::Object object;  // with the stamp that the content had when it was accessed
    std::vector<Whereabouts> places;
};

struct HasherOptions {
    unsigned workers = 2;
    std::optional<std::uint64_t> largest;  // bytes; larger objects are refused as too-large. 0: hash nothing
    std::string cache;                     // the digest cache's file; empty: none
    int niceness = 1;                      // added to that of the workers, so that the step comes first
    int long_niceness = 10;                // of the one that takes long files: a library, a model's weights
    std::function<std::int64_t()> clock;   // nanoseconds since the epoch, asked by workers; empty: the host's
    Inspector inspector;                   // empty: nothing but the digest is asked for
};

class Hasher {
  public:
    // A cache that cannot be used is no error: cache_problem() says why it is not.
    static Result<std::unique_ptr<Hasher>> start(const HasherOptions& options);
    ~Hasher();  // abandons what is still queued and what is being hashed
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;

    // From one thread. Looks the cache up first: a hit is an event at once, without touching the file.
    void want(Want want);

    // What has been done since the last call; never waits.
    std::vector<event::Digested> take();

    // Waits until all that was wanted is done, or the deadline; true when all is done. Then also writes the cache.
    bool finish(std::chrono::steady_clock::time_point deadline);

    // What the inspector said of the contents whose digests were given since the last call, by digest.
    Inspections take_inspections();

    // A descriptor that becomes readable when take() has something.
    [[nodiscard]] int ready_fd() const;

    struct Totals {
        std::uint64_t wanted = 0, done = 0, cache_hits = 0, bytes_hashed = 0;
    };
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] const std::optional<Error>& cache_problem() const;

  private:
    struct State;
    explicit Hasher(std::shared_ptr<State> state);
    std::shared_ptr<State>
        state_;  // shared with workers: one may be held up for good by a file system that does not answer
};

// The object's stamp now, found at one of the places; kNotFound when none leads to it any more. Opens nothing but with
// O_PATH, so that no device, FIFO or lease is disturbed; the generation cannot be asked for that way and is not
// compared.
Result<event::Stamp> stamp_now(const event::ObjectId& object, const std::vector<Whereabouts>& places);

// The same for one absolute path in our own view, by one system call. Nothing where the path does not lead to that
// device and inode, which need not mean much: stamp_now knows file systems that show other numbers.
std::optional<event::Stamp> stamp_at_path(const event::ObjectId& object, const std::string& path);

}  // namespace fstracker::digest
