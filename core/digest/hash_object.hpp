// SPDX-License-Identifier: Apache-2.0
// One object from its places to its digest; what a worker of the Hasher does.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/digest/hasher.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

struct HashedObject {
    event::Digested event;                 // time is the caller's
    std::uint64_t bytes = 0;               // hashed
    std::uint64_t file_system = 0;         // statfs f_type, 0: not known
    std::optional<Inspection> inspection;  // of the content that was hashed
};

// Asks for `largest` and the inspector of the options. Opens nothing but regular files of the wanted identity,
// read-only. Any thread.
HashedObject hash_object(const Want& want, const HasherOptions& options, const std::atomic<bool>& stop);

}  // namespace fstracker::digest
