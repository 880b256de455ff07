// SPDX-License-Identifier: Apache-2.0
// Finding an object again by the places where it was seen, and believing nothing but its identity.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "core/digest/hasher.hpp"
#include "core/event/object.hpp"

namespace fstracker::digest {

struct Located {
    base::Fd handle;  // O_PATH: holds the object, reads nothing, disturbs nobody
    struct stat status {};
};

// Tries each place in turn, and at each its path as we see it, its path under the process's root, and the process's
// descriptor or, where none is known, its program. `accept` is asked about each object of the right device and inode,
// and may refuse it (another generation). kNotFound when nothing was accepted; kPermission when a place could not be
// looked at for lack of rights.
Result<Located> locate(const event::ObjectId& object, const std::vector<Whereabouts>& places,
                       const std::function<bool(const Located&)>& accept);

event::Stamp stamp_of(const struct stat& status);

}  // namespace fstracker::digest
