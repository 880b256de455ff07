// SPDX-License-Identifier: Apache-2.0
// Digests by object and stamp, across runs. An entry is believed only when device, inode, generation, size, mtime and
// ctime are all equal; what changed in the last moments of its timestamp's granularity is never stored. A cache that
// cannot be read or written is no cache: the run goes on without. The file may be shared by many recorders at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

struct CacheKey {
    event::ObjectId object;
    event::Stamp stamp;
    bool operator==(const CacheKey&) const = default;
};

class Cache {
   public:
    // Makes the file (mode 0600) where it is not there. A file that is not a cache of this version is replaced.
    static Result<std::unique_ptr<Cache>> open(const std::string& path);
    ~Cache();

    std::optional<event::Sha256> find(const CacheKey& key);

    // Kept in memory until flush().
    void store(const CacheKey& key, const event::Sha256& digest);
    Status flush();

   private:
    struct State;
    explicit Cache(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::digest
