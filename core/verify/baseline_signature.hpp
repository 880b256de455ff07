// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/event/event.hpp"
#include "core/sign/key.hpp"

namespace fstracker::verify {

// Whether `bundle`, a file, is this key's signature for a baseline's file of that digest. The error says why not.
Status check_baseline_signature(const std::string& bundle, const event::Sha256& digest, const sign::PublicKey& key);

}  // namespace fstracker::verify
