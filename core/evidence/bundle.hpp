// SPDX-License-Identifier: Apache-2.0
// A statement on its way into a signed file and back: DSSE v1.0.2 in a Sigstore bundle v0.3 (evidence.md of the design,
// docs/evidence.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";

// DSSE's pre-authentication encoding: what is signed.
std::string pae(std::string_view payload_type, std::string_view payload);
std::string pae_head(std::string_view payload_type, std::size_t payload_bytes);  // all of it but the payload

struct Bundle {
    std::string payload;          // the statement's bytes, exactly as signed
    std::string signature;        // raw
    std::string key_hint;         // base64(SHA-256(DER SubjectPublicKeyInfo)); empty with a certificate
    std::string certificate_der;  // or empty
};

std::string write_bundle(const Bundle& bundle);

// Strict: an unknown field, a second signature, a keyid, another media or payload type are errors that name them.
Result<Bundle> read_bundle(std::string_view json);

}  // namespace fstracker::evidence
