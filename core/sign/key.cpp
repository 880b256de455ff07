// SPDX-License-Identifier: Apache-2.0
#include "core/sign/key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <fmt/format.h>

#include "core/digest/digest.hpp"
#include "core/evidence/base64.hpp"
#include "core/sign/openssl.hpp"

namespace fstracker::sign {

namespace {

constexpr const char* kMakeAnother = "make a key with 'track keys generate FILE', or use an ECDSA P-256 or Ed25519 key";

const unsigned char* octets(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

std::string name_of(EVP_PKEY* key) {
    char group[80] = "";
    std::size_t length = 0;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1)
        return fmt::format("ECDSA over {}", group);
    const char* type = EVP_PKEY_get0_type_name(key);
    return fmt::format("{} with {} bits", type != nullptr ? type : "unknown", EVP_PKEY_get_bits(key));
}

// Ed25519 signs the message itself; ECDSA its SHA-256.
const EVP_MD* digest_of(KeyType type) {
    switch (type) {
        case KeyType::kEcdsaP256: return EVP_sha256();
        case KeyType::kEd25519: return nullptr;
    }
    return nullptr;
}

std::string public_der(EVP_PKEY* key) {
    unsigned char* bytes = nullptr;
    const int length = i2d_PUBKEY(key, &bytes);
    std::string der;
    if (length > 0) der.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

}  // namespace

std::string take_openssl_error() {
    std::string reason;
    while (const unsigned long code = ERR_get_error()) {
        const char* text = ERR_reason_error_string(code);
        if (text != nullptr) reason = text;
    }
    return reason.empty() ? "no further reason is given" : reason;
}

Result<KeyType> admit(EVP_PKEY* key) {
    const int type = EVP_PKEY_get_base_id(key);
    if (type == EVP_PKEY_ED25519) return KeyType::kEd25519;
    if (type == EVP_PKEY_EC) {
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP);
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
        char group[80] = "";
        std::size_t length = 0;
        const bool named = EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1;
        if (named && std::string_view(group, length) == "prime256v1") return KeyType::kEcdsaP256;
        if (named && std::string_view(group, length) == "secp384r1")
            return fail(ErrorKind::kUnsupported,
                        "P-384 keys are refused: verifiers in use do not take their signatures", kMakeAnother);
    }
    ERR_clear_error();
    return fail(ErrorKind::kUnsupported, fmt::format("keys of this type are not used: {}", name_of(key)), kMakeAnother);
}

KeyType PublicKey::type() const { return state_->type; }

std::string PublicKey::id() const {
    const event::Sha256 digest = digest::sha256(std::string_view(public_der(state_->key.get())));
    return evidence::to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    const DigestContext context(EVP_MD_CTX_new());
    const bool valid =
        context &&
        EVP_DigestVerifyInit(context.get(), nullptr, digest_of(state_->type), nullptr, state_->key.get()) == 1 &&
        EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
    ERR_clear_error();
    return valid;
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
    Pkey key;
    switch (type) {
        case KeyType::kEcdsaP256: key.reset(EVP_EC_gen("P-256")); break;
        case KeyType::kEd25519: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); break;
    }
    if (!key) return fail(ErrorKind::kSystem, "could not make a key: " + take_openssl_error());
    return PrivateKey(std::make_shared<const State>(State{std::move(key), type}));
}

PublicKey PrivateKey::public_key() const {
    // The same object under another name: PublicKey has no door that leads to the private half.
    EVP_PKEY_up_ref(state_->key.get());
    return PublicKey(std::make_shared<const PublicKey::State>(PublicKey::State{Pkey(state_->key.get()), state_->type}));
}

Result<std::string> PrivateKey::sign(std::string_view head, std::string_view rest) const {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_MD_CTX* const c = context.get();
    const auto failed = [] { return fail(ErrorKind::kSystem, "could not sign: " + take_openssl_error()); };
    if (c == nullptr || EVP_DigestSignInit(c, nullptr, digest_of(state_->type), nullptr, state_->key.get()) != 1)
        return failed();
    std::string signature;
    std::size_t length = 0;
    const auto room = [&signature, &length] {
        signature.resize(length);
        return reinterpret_cast<unsigned char*>(signature.data());
    };
    if (state_->type == KeyType::kEd25519) {  // passes over the message twice, so takes it at once
        const std::string message = std::string(head).append(rest);
        if (EVP_DigestSign(c, nullptr, &length, octets(message), message.size()) != 1 ||
            EVP_DigestSign(c, room(), &length, octets(message), message.size()) != 1)
            return failed();
    } else if (EVP_DigestSignUpdate(c, head.data(), head.size()) != 1 ||
               EVP_DigestSignUpdate(c, rest.data(), rest.size()) != 1 ||
               EVP_DigestSignFinal(c, nullptr, &length) != 1 || EVP_DigestSignFinal(c, room(), &length) != 1) {
        return failed();
    }
    signature.resize(length);
    return signature;
}

}  // namespace fstracker::sign
