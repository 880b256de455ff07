// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Sigstore bundle: what is taken must mean the same when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/evidence/bundle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::evidence;
    const auto bundle = read_bundle({reinterpret_cast<const char*>(data), size});
    if (!bundle) return 0;
    const auto again = read_bundle(write_bundle(*bundle));
    if (!again || again->payload != bundle->payload || again->signature != bundle->signature ||
        again->key_hint != bundle->key_hint || again->certificate_der != bundle->certificate_der)
        std::abort();
    return 0;
}
