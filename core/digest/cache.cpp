// SPDX-License-Identifier: Apache-2.0
#include "core/digest/cache.hpp"

#include <linux/magic.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/durable_file.hpp"
#include "core/digest/cache_table.hpp"

namespace fstracker::digest {

namespace {

constexpr std::uint64_t kXfs = 0x58465342, kZfs = 0x2fc12fc1, kBcachefs = 0xca451a4e, kErofs = 0xE0F5E1E2;
// Not tmpfs: a store through a shared mapping of a file there moves no time.
constexpr std::array<std::uint64_t, 8> kOurKernelDecides = {
    EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, SQUASHFS_MAGIC, kXfs, kZfs, kBcachefs, kErofs};

// How often and at what distance another recorder's lock is tried.
constexpr int kTries = 20;
constexpr std::chrono::milliseconds kBetweenTries{3};

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Result<CacheTable> open_or_replace(const std::string& path) {
    auto table = CacheTable::open(path);
    if (table) return table;
    const ErrorKind kind = table.error().kind;
    if (kind != ErrorKind::kNotFound && kind != ErrorKind::kInvalid) return table;
    return CacheTable::replace(path);
}

}  // namespace

bool may_be_cached(std::uint64_t file_system_magic) {
    return std::find(kOurKernelDecides.begin(), kOurKernelDecides.end(), file_system_magic) != kOurKernelDecides.end();
}

struct Cache::State {
    struct Entry {
        event::Stamp stamp;
        event::Sha256 digest{};
        Note note;
    };

    State(std::string name, CacheTable opened) : path(std::move(name)), table(std::move(opened)) {}

    // The lock on the file that now has the name.
    bool lock() {
        for (int i = 0; i < kTries; ++i) {
            if (!table.try_lock()) {
                std::this_thread::sleep_for(kBetweenTries);
                continue;
            }
            if (table.is_at(path)) return true;
            table.unlock();
            auto current = open_or_replace(path);
            if (!current) return false;
            table = std::move(*current);
        }
        return false;
    }

    Status write(const std::unordered_map<event::ObjectId, Entry>& entries) {
        if (auto ready = table.reserve(path, entries.size()); !ready) return ready;
        std::vector<CacheTable::Entry> rows;
        rows.reserve(entries.size());
        for (const auto& [object, entry] : entries) rows.push_back({{object, entry.stamp}, entry.digest, entry.note});
        if (auto put = table.put(std::move(rows)); !put) return put;
        return table.end_epoch();
    }

    std::string path;
    mutable std::mutex mutex;  // of all that follows
    CacheTable table;
    std::unordered_map<event::ObjectId, Entry> pending;
};

Cache::Cache(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cache::~Cache() = default;

Result<std::unique_ptr<Cache>> Cache::open(const std::string& path) {
    if (auto made = base::make_directories(folder_of(path), 0700); !made)
        return fail(made.error().within("cannot use the digest cache"));
    auto table = open_or_replace(path);
    if (!table) return fail(table.error());
    return std::unique_ptr<Cache>(new Cache(std::make_unique<State>(path, std::move(*table))));
}

std::optional<Cache::Found> Cache::find(const CacheKey& key) {
    const std::scoped_lock lock(state_->mutex);
    if (const auto found = state_->pending.find(key.object); found != state_->pending.end()) {
        if (found->second.stamp == key.stamp) return Found{found->second.digest, found->second.note};
        return std::nullopt;
    }
    const auto found = state_->table.find(key);
    if (!found) return std::nullopt;
    if (found->stale) state_->pending[key.object] = {key.stamp, found->digest, found->note};  // written again, as used
    return Found{found->digest, found->note};
}

void Cache::store(const CacheKey& key, const event::Sha256& digest, Note note) {
    if (!key.object.known()) return;
    const std::scoped_lock lock(state_->mutex);
    state_->pending[key.object] = {key.stamp, digest, note};
}

Status Cache::flush() {
    const std::scoped_lock lock(state_->mutex);
    const auto entries = std::exchange(state_->pending, {});
    if (entries.empty()) return {};
    if (!state_->lock())
        return fail(ErrorKind::kSystem, "the digest cache " + state_->path + " is locked by another recorder",
                    "it is filled by the next run");
    const Status written = state_->write(entries);
    state_->table.unlock();
    return written;
}

std::size_t Cache::pending() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->pending.size();
}

}  // namespace fstracker::digest
