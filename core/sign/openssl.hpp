// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with one owner. Only sources of this room include this.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/sign/key.hpp"

namespace fstracker::sign {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;

struct PublicKey::State {
    Pkey key;
    KeyType type;
};

struct PrivateKey::State {
    Pkey key;
    KeyType type;
};

// The newest of the thread's OpenSSL errors in words; empties the queue.
std::string take_openssl_error();

// What kind of key it is, or why it is not one that fstracker uses. Brings the key's encoding into the one form that
// its id is computed from: a named curve, an uncompressed point.
Result<KeyType> admit(EVP_PKEY* key);

}  // namespace fstracker::sign
