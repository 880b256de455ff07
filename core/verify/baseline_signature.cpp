// SPDX-License-Identifier: Apache-2.0
#include "core/verify/baseline_signature.hpp"

#include "core/evidence/baseline_statement.hpp"
#include "core/verify/signed_file.hpp"

namespace fstracker::verify {

static_assert(kMostBaselineSignatureBytes == kMostBundleBytes);

Status check_baseline_signature(std::string_view bundle, const std::string& name, const event::Sha256& digest,
                                const sign::PublicKey& key) {
    FaultList faults;
    Options options;
    options.key = key;
    const auto file = read_signed_bytes(bundle, name, faults);
    if (file) check_signature(*file, name, options, faults);
    for (const Fault& fault : faults.take()) return fail(ErrorKind::kInvalid, fault.where + ": " + fault.what);
    const auto statement = evidence::read_baseline_statement(file->bundle.payload);
    if (!statement) return fail(statement.error().within(name));
    if (statement->digest != digest)
        return fail(ErrorKind::kInvalid, name + ": is of the file as it was, which has changed since");
    return {};
}

}  // namespace fstracker::verify
