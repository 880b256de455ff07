// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/sign/key.hpp"

namespace fstracker::sign {

// A statement's bytes as a signed Sigstore bundle, which names the key by its hint.
Result<std::string> sign_statement(std::string statement, const PrivateKey& key);

}  // namespace fstracker::sign
