// SPDX-License-Identifier: Apache-2.0
#include "core/verify/baseline_signature.hpp"

#include "core/evidence/baseline_statement.hpp"
#include "core/verify/signed_file.hpp"

namespace fstracker::verify {

Status check_baseline_signature(const std::string& bundle, const event::Sha256& digest, const sign::PublicKey& key) {
    FaultList faults;
    Options options;
    options.key = key;
    const auto file = read_signed_file(bundle, bundle, faults);
    if (file) check_signature(*file, bundle, options, faults);
    for (const Fault& fault : faults.take()) return fail(ErrorKind::kInvalid, fault.where + ": " + fault.what);
    const auto statement = evidence::read_baseline_statement(file->bundle.payload);
    if (!statement) return fail(statement.error().within(bundle));
    if (statement->digest != digest)
        return fail(ErrorKind::kInvalid, bundle + ": is of the file as it was, which has changed since");
    return {};
}

}  // namespace fstracker::verify
