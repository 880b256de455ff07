// SPDX-License-Identifier: Apache-2.0
#include "core/sign/key.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/sign/foreign_keys.hpp"

using namespace fstracker;
using namespace fstracker::sign;

TEST_CASE("what a key signs, its public half verifies, and nothing else", "[sign]") {
    for (const KeyType type : {KeyType::kEcdsaP256, KeyType::kEd25519}) {
        const auto key = PrivateKey::generate(type);
        REQUIRE(key);
        const std::string message = std::string("message\0with a zero", 19);
        const auto signature = key->sign(message);
        REQUIRE(signature);
        const PublicKey half = key->public_key();
        CHECK(half.type() == type);
        CHECK(half.verify(message, *signature));
        CHECK_FALSE(half.verify(message + "!", *signature));
        CHECK_FALSE(half.verify(message, ""));
        CHECK_FALSE(half.verify(message, *signature + std::string(1, '\0')));
        CHECK_FALSE(PrivateKey::generate(type)->public_key().verify(message, *signature));
        for (std::size_t bit = 0; bit < signature->size() * 8; ++bit) {
            std::string flipped = *signature;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            CHECK_FALSE(half.verify(message, flipped));
        }
        const auto empty = key->sign("");
        REQUIRE(empty);
        CHECK(half.verify("", *empty));
    }
}

TEST_CASE("keys survive PEM", "[sign]") {
    for (const KeyType type : {KeyType::kEcdsaP256, KeyType::kEd25519}) {
        const auto key = PrivateKey::generate(type);
        REQUIRE(key);
        CHECK_THAT(key->pem(), Catch::StartsWith("-----BEGIN PRIVATE KEY-----\n"));
        CHECK_THAT(key->public_key().pem(), Catch::StartsWith("-----BEGIN PUBLIC KEY-----\n"));
        const auto again = PrivateKey::from_pem(key->pem(), "");
        REQUIRE(again);
        const auto half = PublicKey::from_pem(key->public_key().pem());
        REQUIRE(half);
        CHECK(half->id() == key->public_key().id());
        CHECK(again->public_key().id() == half->id());
        CHECK(half->verify("m", *again->sign("m")));
    }
}

TEST_CASE("a key's id is that of its DER form, however it was encoded", "[sign]") {
    const auto key = PublicKey::from_pem(foreign::kP256Public);
    REQUIRE(key);
    CHECK(key->id() == foreign::kP256Id);
    const auto compressed = PublicKey::from_pem(foreign::kP256PublicCompressed);
    REQUIRE(compressed);
    CHECK(compressed->id() == foreign::kP256Id);
    const auto certificate = PublicKey::from_pem(foreign::kP256Certificate);
    REQUIRE(certificate);
    CHECK(certificate->id() == foreign::kP256Id);
    const auto sec1 = PrivateKey::from_pem(foreign::kP256Sec1, "");
    REQUIRE(sec1);
    CHECK(sec1->public_key().id() == foreign::kP256Id);
}

TEST_CASE("an encrypted key needs its passphrase", "[sign]") {
    const auto none = PrivateKey::from_pem(foreign::kP256Encrypted, "");
    REQUIRE_FALSE(none);
    CHECK_THAT(none.error().message, Catch::Contains("encrypted"));
    CHECK_THAT(none.error().hint, Catch::Contains("FSTRACKER_KEY_PASSPHRASE"));
    const auto wrong = PrivateKey::from_pem(foreign::kP256Encrypted, "wrong");
    REQUIRE_FALSE(wrong);
    CHECK_THAT(wrong.error().message, Catch::Contains("decrypted"));
    CHECK_FALSE(PrivateKey::from_pem(foreign::kP256Encrypted, std::string(5000, 'x')).has_value());
    const auto right = PrivateKey::from_pem(foreign::kP256Encrypted, "correct horse");
    REQUIRE(right);
    CHECK(right->public_key().id() == foreign::kP256Id);
}

TEST_CASE("keys of other types are refused by name", "[sign]") {
    const auto p384 = PrivateKey::from_pem(foreign::kP384, "");
    REQUIRE_FALSE(p384);
    CHECK(p384.error().kind == ErrorKind::kUnsupported);
    CHECK_THAT(p384.error().message, Catch::Contains("P-384") && Catch::Contains("verifiers"));
    CHECK_FALSE(p384.error().hint.empty());
    const auto p384_public = PublicKey::from_pem(foreign::kP384Public);
    REQUIRE_FALSE(p384_public);
    CHECK_THAT(p384_public.error().message, Catch::Contains("P-384"));
    const auto rsa = PublicKey::from_pem(foreign::kRsaPublic);
    REQUIRE_FALSE(rsa);
    CHECK_THAT(rsa.error().message, Catch::Contains("RSA"));
}

TEST_CASE("what is not the key wanted is told apart", "[sign]") {
    const auto swapped = PublicKey::from_pem(foreign::kP256Sec1);
    REQUIRE_FALSE(swapped);
    CHECK_THAT(swapped.error().message, Catch::Contains("private"));
    const auto other = PrivateKey::from_pem(foreign::kP256Public, "");
    REQUIRE_FALSE(other);
    CHECK_THAT(other.error().message, Catch::Contains("PUBLIC KEY"));
    const auto cosign = PrivateKey::from_pem("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n", "x");
    REQUIRE_FALSE(cosign);
    CHECK_THAT(cosign.error().message, Catch::Contains("cosign"));
    for (const std::string& text :
         {std::string(), std::string("text"),
          std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
          std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), std::string("-----BEGIN "),
          std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
        for (const Error& error : {PublicKey::from_pem(text).error(), PrivateKey::from_pem(text, "").error()}) {
            CHECK_FALSE(error.message.empty());
            CHECK_FALSE(error.hint.empty());
        }
    }
}
