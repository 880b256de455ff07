// SPDX-License-Identifier: Apache-2.0
#include "core/sign/sign_statement.hpp"

#include <utility>

#include "core/evidence/bundle.hpp"

namespace fstracker::sign {

Result<std::string> sign_statement(std::string statement, const PrivateKey& key) {
    auto signature = key.sign(evidence::pae_head(evidence::kPayloadType, statement.size()), statement);
    if (!signature) return fail(signature.error());
    evidence::Bundle bundle;
    bundle.payload = std::move(statement);
    bundle.signature = std::move(*signature);
    bundle.key_hint = key.public_key().id();
    return evidence::write_bundle(bundle);
}

}  // namespace fstracker::sign
