// SPDX-License-Identifier: Apache-2.0
// Keys from PEM and to PEM.
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/sign/openssl.hpp"

namespace fstracker::sign {

namespace {

constexpr std::size_t kLargest = 1U << 20;

Bio reader(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(memory, &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

// The label of the first PEM block that is one of `wanted`; else of the first block; else nothing.
std::string block_label(std::string_view pem, std::initializer_list<std::string_view> wanted) {
    constexpr std::string_view kBegin = "-----BEGIN ", kDashes = "-----";
    std::string first;
    for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1)) {
        const std::size_t start = at + kBegin.size(), end = pem.find(kDashes, start);
        if (end == std::string_view::npos || end - start > 64) continue;
        const std::string_view label = pem.substr(start, end - start);
        if (std::find(wanted.begin(), wanted.end(), label) != wanted.end()) return std::string(label);
        if (first.empty()) first = label;
    }
    return first;
}

struct Passphrase {
    std::string_view text;
    bool asked = false;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* closure) {
    auto* passphrase = static_cast<Passphrase*>(closure);
    passphrase->asked = true;
    if (passphrase->text.empty() || passphrase->text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, passphrase->text.data(), passphrase->text.size());
    return static_cast<int>(passphrase->text.size());
}

tl::unexpected<Error> not_private(const std::string& label) {
    if (label.find("PUBLIC KEY") != std::string::npos || label.find("CERTIFICATE") != std::string::npos)
        return fail(ErrorKind::kInvalid, fmt::format("not a private key but a {}", label),
                    "name the file with the private half");
    if (label.find("SIGSTORE") != std::string::npos || label.find("COSIGN") != std::string::npos)
        return fail(ErrorKind::kUnsupported, "the key is in a format of cosign's own",
                    "use a PKCS#8 key: 'track keys generate FILE' makes one, and cosign can import it");
    return fail(
        ErrorKind::kInvalid, label.empty() ? "no PEM block is in it" : fmt::format("no private key but a {}", label),
        "a private key is PEM with the line '-----BEGIN PRIVATE KEY-----'; 'track keys generate FILE' makes one");
}

}  // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
    ERR_clear_error();
    const std::string label = block_label(pem.substr(0, kLargest), {"PUBLIC KEY", "CERTIFICATE"});
    if (label != "PUBLIC KEY" && label != "CERTIFICATE") {
        const bool secret = label.find("PRIVATE KEY") != std::string::npos;
        return fail(
            ErrorKind::kInvalid,
            secret          ? "a private key where a public one is wanted"
            : label.empty() ? "no PEM block is in it"
                            : fmt::format("neither a public key nor a certificate but a {}", label),
            secret ? "give verifiers the public half only: 'track keys show' prints it"
                   : "a public key is PEM with the line '-----BEGIN PUBLIC KEY-----'; 'track keys show' prints it");
    }
    const Bio input = reader(pem.substr(0, kLargest));
    Pkey key;
    if (label == "PUBLIC KEY") {
        key.reset(PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr));
    } else if (const Certificate certificate{PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)}) {
        key.reset(X509_get_pubkey(certificate.get()));
    }
    if (!key)
        return fail(ErrorKind::kInvalid, fmt::format("the {} cannot be read: {}", label, take_openssl_error()),
                    "the file is damaged, or made by a program that writes another format");
    auto type = admit(key.get());
    if (!type) return fail(std::move(type.error()));
    return PublicKey(std::make_shared<const State>(State{std::move(key), *type}));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
    ERR_clear_error();
    pem = pem.substr(0, kLargest);
    const std::string label =
        block_label(pem, {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"});
    const bool cosign = label.find("SIGSTORE") != std::string::npos || label.find("COSIGN") != std::string::npos;
    if (cosign || label.find("PRIVATE KEY") == std::string::npos) return not_private(label);
    Passphrase given{passphrase};
    const Bio input = reader(pem);
    Pkey key(PEM_read_bio_PrivateKey(input.get(), nullptr, give_passphrase, &given));
    if (!key) {
        const std::string reason = take_openssl_error();
        if (given.asked && passphrase.empty())
            return fail(ErrorKind::kPermission, "the key is encrypted and there is no passphrase",
                        "set FSTRACKER_KEY_PASSPHRASE");
        if (given.asked)
            return fail(ErrorKind::kPermission, "the key cannot be decrypted: " + reason,
                        "check FSTRACKER_KEY_PASSPHRASE: the passphrase does not fit this key");
        return fail(ErrorKind::kInvalid, fmt::format("the {} cannot be read: {}", label, reason),
                    "the file is damaged, or made by a program that writes another format");
    }
    auto type = admit(key.get());
    if (!type) return fail(std::move(type.error()));
    const PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    const bool whole = *type == KeyType::kEd25519 || (check && EVP_PKEY_pairwise_check(check.get()) == 1);
    ERR_clear_error();
    if (!whole)
        return fail(ErrorKind::kInvalid, "the key's private and public half do not belong together",
                    "the file is damaged: restore it or make another key");
    return PrivateKey(std::make_shared<const State>(State{std::move(key), *type}));
}

std::string PublicKey::pem() const {
    const Bio output(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(output.get(), state_->key.get());
    return text_of(output.get());
}

std::string PrivateKey::pem() const {
    const Bio output(BIO_new(BIO_s_secmem()));
    PEM_write_bio_PKCS8PrivateKey(output.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(output.get());
}

}  // namespace fstracker::sign
