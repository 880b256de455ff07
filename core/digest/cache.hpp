// SPDX-License-Identifier: Apache-2.0
// Digests by object and stamp, across runs. An entry is believed only when device, inode, generation, size, mtime and
// ctime are all equal and its check holds. A cache that cannot be read or written is no cache: the run goes on without.
// The file may be shared by many recorders at once; docs/digest-cache.md has its layout and what it is not proof
// against.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/digest/inspection.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

struct CacheKey {
    event::ObjectId object;
    event::Stamp stamp;
    bool operator==(const CacheKey&) const = default;
};

// Whether digests of this file system (statfs f_type) may be cached: only where the kernel alone decides about change
// times and object numbers, and every change moves a time. FUSE, network file systems, overlayfs (whose lower layer may
// be either) and tmpfs (whose mappings move none) are not.
bool may_be_cached(std::uint64_t file_system_magic);

// Any thread.
class Cache {
  public:
    // Makes the file (mode 0600) and its folder (0700) where they are not there. A file that is damaged or of another
    // version is replaced; one that somebody else owns or may write is kPermission.
    static Result<std::unique_ptr<Cache>> open(const std::string& path);
    ~Cache();
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;

    struct Found {
        event::Sha256 digest{};
        Note note;
    };
    std::optional<Found> find(const CacheKey& key);

    // Kept in memory until flush(), where find() sees it.
    void store(const CacheKey& key, const event::Sha256& digest, Note note = {});
    // Writes what was stored. Waits no longer than a moment for other recorders; what could not be written is let go.
    Status flush();
    // Stored and not yet flushed.
    [[nodiscard]] std::size_t pending() const;

  private:
    struct State;
    explicit Cache(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::digest
