// SPDX-License-Identifier: Apache-2.0
// What else is asked about a content while it is open for hashing. The answer is the inspector's own affair: here it is
// a number and perhaps a line of text, kept with the digest and in the digest cache, so that a file whose digest is
// known needs to be opened for neither.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <unordered_map>

#include "core/event/event.hpp"

namespace fstracker::digest {

struct Inspection {
    std::uint16_t kind = 0;  // below 0x8000
    std::string details;     // one line; empty for nearly all
    bool lasting = true;     // false: not to be cached, since it may be told otherwise another time
    bool operator==(const Inspection&) const = default;
};

struct Inspector {
    std::uint16_t version = 1;  // not 0. Answers that an inspector of another version gave are not believed
    // Asked by workers, of an open regular file of that size; reads with pread, within bounds of its own.
    std::function<Inspection(int fd, std::uint64_t size)> inspect;
};

// As the digest cache keeps it: 0 where nobody was asked.
struct Note {
    std::uint32_t bits = 0;

    static Note of(std::uint16_t version, const Inspection& inspection) {
        return {std::uint32_t{version} << 16 | (inspection.details.empty() ? 0U : kDetails) | inspection.kind};
    }
    [[nodiscard]] std::uint16_t version() const { return static_cast<std::uint16_t>(bits >> 16); }
    [[nodiscard]] std::uint16_t kind() const { return bits & (kDetails - 1U); }
    [[nodiscard]] bool has_details() const { return (bits & kDetails) != 0; }
    bool operator==(const Note&) const = default;

  private:
    static constexpr std::uint32_t kDetails = 0x8000;
};

struct DigestHash {
    std::size_t operator()(const event::Sha256& digest) const {
        std::size_t first = 0;
        std::memcpy(&first, digest.data(), sizeof first);
        return first;
    }
};

// By digest. Values. What lasts stands before what does not.
class Inspections {
  public:
    void add(const event::Sha256& digest, Inspection inspection) {
        if (!inspection.lasting && kinds_.contains(digest)) return;
        kinds_[digest] = inspection.kind;
        if (inspection.details.empty())
            details_.erase(digest);
        else
            details_[digest] = std::move(inspection.details);
    }
    // What the other knows and this one does not.
    void add(const Inspections& other) {
        for (const auto& [digest, kind] : other.kinds_) {
            if (!kinds_.emplace(digest, kind).second) continue;
            if (const std::string* details = other.details(digest)) details_[digest] = *details;
        }
    }
    [[nodiscard]] const std::unordered_map<event::Sha256, std::uint16_t, DigestHash>& kinds() const { return kinds_; }
    [[nodiscard]] const std::uint16_t* kind(const event::Sha256& digest) const {
        const auto found = kinds_.find(digest);
        return found == kinds_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const std::string* details(const event::Sha256& digest) const {
        const auto found = details_.find(digest);
        return found == details_.end() ? nullptr : &found->second;
    }

  private:
    std::unordered_map<event::Sha256, std::uint16_t, DigestHash> kinds_;
    std::unordered_map<event::Sha256, std::string, DigestHash> details_;
};

}  // namespace fstracker::digest
