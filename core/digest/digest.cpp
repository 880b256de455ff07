// SPDX-License-Identifier: Apache-2.0
#include "core/digest/digest.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <new>

namespace fstracker::digest {

namespace {

// Fetched once: OpenSSL 3 looks an algorithm up by name, under locks, each time that it is asked.
const EVP_MD* sha256_algorithm() {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

// A library without SHA-256, or no memory for its state: nothing that this program is for can be done.
void require(bool done) {
    if (!done) std::abort();
}

}  // namespace

struct Sha256Stream::State {
    State() : context(EVP_MD_CTX_new()) { require(context != nullptr); }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void begin() { require(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1); }

    EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { state_->begin(); }
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

event::Sha256 Sha256Stream::finish() {
    event::Sha256 digest{};
    require(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
    return digest;
}

void Sha256Stream::restart() { state_->begin(); }

event::Sha256 sha256(std::span<const std::byte> bytes) {
    thread_local Sha256Stream stream;
    stream.restart();
    stream.update(bytes);
    return stream.finish();
}

event::Sha256 sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

}  // namespace fstracker::digest
