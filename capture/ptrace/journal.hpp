// SPDX-License-Identifier: Apache-2.0
// Wire records as the kernel side of the other backends makes them, made by the tracer: numbered, counted, folded where
// the same has been sent, pushed into the ring. Nothing is dropped for want of room: the tracer waits, and the step
// with it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capture/ptrace/shared_ring.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

// Who acted: an entry of the run's process table, and its process.
struct Actor {
    std::uint32_t entry = 0;
    std::uint32_t tgid = 0;
};

// A path as it was seen, and FST_PATH_… of it.
struct SeenPath {
    std::string bytes;
    std::uint16_t flags = 0;
};

struct SeenObject {
    fst_object object{};
    SeenPath path;
};

struct SeenName {
    SeenPath base;  // of a relative name
    std::string name;
};

struct Execution {
    std::uint32_t parent = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t argument_count = 0;
    SeenObject program;
    bool is_script = false;
    SeenObject script;  // an object of inode 0 when only its name is known
    std::string filename;
    SeenPath directory;
    std::string arguments;  // NUL-terminated each
    bool arguments_truncated = false;
};

struct Peer {
    std::uint16_t family = 0;
    std::uint16_t protocol = 0;
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> address{};
    std::string path;   // as the step gave it
    std::string bound;  // what the socket at the other end is bound to
};

class Journal {
  public:
    // `full` is called when the ring has no room; it returns false when nobody reads any more.
    Journal(SharedRing& ring, std::function<bool()> full) : ring_(ring), full_(std::move(full)) {}

    void forked(Actor child, std::uint32_t parent, std::uint32_t uid);
    void executed(Actor actor, const Execution& execution);
    void exited(Actor actor, fst_exit how);  // its header is filled in
    void accessed(Actor actor, const SeenObject& seen, std::uint32_t access, std::int32_t descriptor);
    void named(Actor actor, fst_name_operation operation, std::span<const fst_object> touched, const SeenName& first,
               const SeenName* second);
    void connected(Actor actor, const Peer& peer);
    void blind(Actor actor, fst_blind what, std::int32_t detail);
    void unreadable(fst_kind kind);  // something that should have been a record could not be had

    // No access of this entry is going to be folded any more.
    void entry_ended(std::uint32_t entry);

    [[nodiscard]] const std::array<fst_counters, FST_KINDS>& counters() const { return counters_; }
    // Those that have been folded into.
    [[nodiscard]] std::vector<std::pair<fst_fold_key, fst_fold>> folds() const;

  private:
    struct AccessKey {
        std::uint64_t inode;
        std::uint32_t device, generation, access, name;
        bool operator==(const AccessKey&) const = default;
    };
    struct AccessHash {
        std::size_t operator()(const AccessKey& key) const {
            std::uint64_t mixed = key.inode * 0x9E3779B97F4A7C15ULL;
            mixed ^= (std::uint64_t{key.device} << 32 | key.name) * 0xC2B2AE3D27D4EB4FULL;
            mixed ^= (std::uint64_t{key.generation} << 32 | key.access) * 0xFF51AFD7ED558CCDULL;
            return static_cast<std::size_t>(mixed ^ (mixed >> 31));
        }
    };
    using Folds = std::unordered_map<AccessKey, fst_fold, AccessHash>;

    template <typename Record>
    Record begin(fst_kind kind, Actor actor);
    template <typename Record>
    void send(Record& record, std::string_view tail);
    [[nodiscard]] static fst_fold_key whole(std::uint32_t entry, const AccessKey& key);

    SharedRing& ring_;
    std::function<bool()> full_;
    std::uint64_t sequence_ = 0;
    std::uint64_t entered_ = 0;  // blind spots told already, a bit each
    std::array<fst_counters, FST_KINDS> counters_{};
    std::unordered_map<std::uint32_t, Folds> folds_;  // by entry
    std::vector<std::pair<fst_fold_key, fst_fold>> ended_folds_;
    std::unordered_map<std::uint32_t, std::unordered_set<std::string>> peers_;
    std::vector<std::byte> bytes_;
};

}  // namespace fstracker::capture
