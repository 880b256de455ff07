// SPDX-License-Identifier: Apache-2.0
// Any bytes as a key in PEM: a public key that is taken has the same id when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/sign/key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::sign;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto key = PublicKey::from_pem(text)) {
        const auto again = PublicKey::from_pem(key->pem());
        if (!again || again->id() != key->id()) std::abort();
        (void)key->verify("message", text);
    }
    if (const auto key = PrivateKey::from_pem(text, "")) {
        if (!PublicKey::from_pem(key->public_key().pem())) std::abort();
    }
    return 0;
}
