// SPDX-License-Identifier: Apache-2.0
// SHA-256, of bytes, of descriptors and of what is being written.
#pragma once

#include <atomic>
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

// From the descriptor's beginning to its end, with pread: its offset does not move. Also gives the bytes hashed, holes
// included (they are hashed as the zeros that they read as, without being read). A long file that was not in the page
// cache is let go of again. `stop` is asked between blocks: once true, the result is an error of kSystem.
struct FileDigest {
    event::Sha256 digest{};
    std::uint64_t bytes = 0;
};
Result<FileDigest> sha256_of(int fd);
Result<FileDigest> sha256_of(int fd, const std::atomic<bool>& stop);

// Bytes as they come. After finish() only restart() may follow, which begins anew with the same memory.
class Sha256Stream {
  public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(Sha256Stream&&) noexcept;
    Sha256Stream& operator=(Sha256Stream&&) noexcept;

    void update(std::span<const std::byte> bytes);
    event::Sha256 finish();
    void restart();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::digest
