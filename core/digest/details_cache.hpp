// SPDX-License-Identifier: Apache-2.0
// The texts of inspections, by digest, across runs: a file beside the digest cache, of which few contents have a line.
//
//   fstracker details 1
//   SHA-256 VERSION CHECK TEXT     of one content; CHECK is 16 hex digits of SHA-256 over the rest of the line
//
// Lines are only ever appended, by any number of recorders; one that is cut or damaged fails its check and is absent. A
// file past 16 MiB is begun anew. It is the owner's alone, as the digest cache is, and no more proof against its owner.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

// One thread at a time. Nothing is read before something is asked for.
class DetailsCache {
  public:
    DetailsCache(std::string path, std::uint16_t version) : path_(std::move(path)), version_(version) {}

    const std::string* find(const event::Sha256& digest);
    // Kept in memory until flush(), where find() sees it. A text of several lines is not kept.
    void store(const event::Sha256& digest, const std::string& text);
    Status flush();

  private:
    void load();

    std::string path_;
    std::uint16_t version_;
    bool loaded_ = false;
    std::map<event::Sha256, std::string> texts_;
    std::string unwritten_;
};

}  // namespace fstracker::digest
