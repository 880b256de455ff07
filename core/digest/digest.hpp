// SPDX-License-Identifier: Apache-2.0
// SHA-256, of bytes, of descriptors and of what is being written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::digest {

event::Sha256 sha256(std::span<const std::byte> bytes);
event::Sha256 sha256(std::string_view text);

// From the descriptor's beginning to its end, with pread: its offset does not move. Also gives the bytes read.
struct FileDigest {
    event::Sha256 digest{};
    std::uint64_t bytes = 0;
};
Result<FileDigest> sha256_of(int fd);

// Bytes as they come. finish() once.
class Sha256Stream {
   public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(Sha256Stream&&) noexcept;
    Sha256Stream& operator=(Sha256Stream&&) noexcept;

    void update(std::span<const std::byte> bytes);
    event::Sha256 finish();

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::digest
