// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/event/event.hpp"
#include "core/sign/key.hpp"

namespace fstracker::verify {

inline constexpr std::size_t kMostBaselineSignatureBytes = std::size_t{256} << 20;

// Whether `bundle`, the bytes of the file `name`, is this key's signature for a baseline's file of that digest. The
// error says why not.
Status check_baseline_signature(std::string_view bundle, const std::string& name, const event::Sha256& digest,
                                const sign::PublicKey& key);

}  // namespace fstracker::verify
