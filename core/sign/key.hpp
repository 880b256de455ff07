// SPDX-License-Identifier: Apache-2.0
// Keys and signatures: ECDSA P-256 with SHA-256 (DER signature; the default, since every verifier takes it) and
// Ed25519.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::sign {

enum class KeyType { kEcdsaP256, kEd25519 };

class PublicKey {
  public:
    // PEM: SubjectPublicKeyInfo or an X.509 certificate (whose key is taken). Other key types are kUnsupported.
    static Result<PublicKey> from_pem(std::string_view pem);

    [[nodiscard]] KeyType type() const;
    [[nodiscard]] std::string pem() const;  // SubjectPublicKeyInfo
    // base64(SHA-256(DER SubjectPublicKeyInfo)): the hint of a Sigstore bundle, and what `track keys show --id` prints.
    [[nodiscard]] std::string id() const;
    [[nodiscard]] bool verify(std::string_view message, std::string_view signature) const;

    struct State;
    explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  private:
    std::shared_ptr<const State> state_;
};

class PrivateKey {
  public:
    static Result<PrivateKey> generate(KeyType type);
    // PKCS#8 PEM, encrypted or not; the passphrase comes from FSTRACKER_KEY_PASSPHRASE, handed in by the caller.
    static Result<PrivateKey> from_pem(std::string_view pem, std::string_view passphrase);

    [[nodiscard]] PublicKey public_key() const;
    [[nodiscard]] std::string pem() const;  // unencrypted PKCS#8
    [[nodiscard]] Result<std::string> sign(std::string_view message) const { return sign(message, {}); }
    // A message in two pieces, which need not be joined where one of them is long.
    [[nodiscard]] Result<std::string> sign(std::string_view head, std::string_view rest) const;

    struct State;
    explicit PrivateKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  private:
    std::shared_ptr<const State> state_;
};

// The key in the file; kNotFound when there is none. A file that others can read is refused with a hint.
Result<PrivateKey> load_private_key(const std::string& path, std::string_view passphrase);
Result<PublicKey> load_public_key(const std::string& path);

// Makes a pair: PATH (mode 0600) and PATH.pub (mode 0644); never overwrites. Missing folders are made with mode 0700.
Result<PrivateKey> create_key_files(const std::string& path, KeyType type);

}  // namespace fstracker::sign
