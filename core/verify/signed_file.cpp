// SPDX-License-Identifier: Apache-2.0
#include "core/verify/signed_file.hpp"

#include <sys/stat.h>

#include <openssl/evp.h>

#include <vector>

#include "core/base/durable_file.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::verify {
namespace {

std::string certificate_pem(const std::string& der) {
    std::vector<unsigned char> text((der.size() + 2) / 3 * 4 + 1);
    EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(der.data()), static_cast<int>(der.size()));
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    const std::string base64(reinterpret_cast<const char*>(text.data()), text.size() - 1);
    for (std::size_t at = 0; at < base64.size(); at += 64) pem += base64.substr(at, 64) + '\n';
    return pem + "-----END CERTIFICATE-----\n";
}

// What the bundle says of the key that signed it must be the key that it is checked with.
void check_key_material(const evidence::Bundle& bundle, const std::string& name, const sign::PublicKey& key,
                        FaultList& faults) {
    if (bundle.certificate_der.empty()) {
        if (bundle.key_hint != key.id())
            faults.add(name, "the key hint " + bundle.key_hint + " is not that of the key given, " + key.id());
        return;
    }
    constexpr std::size_t kMostCertificateBytes = 1U << 20;
    if (bundle.certificate_der.size() > kMostCertificateBytes) return faults.add(name, "the certificate is too long");
    const auto certified = sign::PublicKey::from_pem(certificate_pem(bundle.certificate_der));
    if (!certified) return faults.add(name, "the certificate cannot be read: " + certified.error().message);
    if (certified->id() != key.id()) faults.add(name, "the certificate is of another key than the one given");
}

}  // namespace

std::optional<SignedFile> read_signed_file(const std::string& path, const std::string& name, FaultList& faults) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        faults.add(name, "is missing");
        return std::nullopt;
    }
    if (!S_ISREG(status.st_mode)) {
        faults.add(name, "is not a regular file");
        return std::nullopt;
    }
    const auto bytes = base::read_file(path, kMostBundleBytes);
    if (!bytes) {
        faults.add(name, "cannot be read: " + bytes.error().message);
        return std::nullopt;
    }
    return read_signed_bytes(*bytes, name, faults);
}

std::optional<SignedFile> read_signed_bytes(std::string_view bytes, const std::string& name, FaultList& faults) {
    auto bundle = evidence::read_bundle(bytes);
    if (!bundle) {
        faults.add(name, "is not a bundle as it should be: " + bundle.error().message);
        return std::nullopt;
    }
    return SignedFile{digest::sha256(bytes), std::move(*bundle)};
}

bool check_signature(const SignedFile& file, const std::string& name, const Options& options, FaultList& faults) {
    if (!options.key) {
        faults.add(name, "no key was given, so its signature was not checked");
        return false;
    }
    check_key_material(file.bundle, name, *options.key, faults);
    if (options.key->verify(evidence::pae(evidence::kPayloadType, file.bundle.payload), file.bundle.signature))
        return true;
    faults.add(name, "the signature does not hold for these bytes and this key");
    return false;
}

}  // namespace fstracker::verify
