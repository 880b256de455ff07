// SPDX-License-Identifier: Apache-2.0
// Records on their way from the tracing process to the recording one: memory that both have mapped, one writer, one
// reader, no system call. Made before the fork that parts the two.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "core/base/result.hpp"

namespace fstracker::capture {

class SharedRing {
  public:
    // `bytes`: a power of two, at least a page; 0: 16 MiB.
    static Result<SharedRing> create(std::size_t bytes);
    SharedRing(SharedRing&& other) noexcept;
    SharedRing& operator=(SharedRing&&) = delete;
    ~SharedRing();

    // The writer's. False when there is no room now; never true for a record longer than half of the ring.
    bool push(std::span<const std::byte> record);
    // Either's: bytes that wait to be read.
    [[nodiscard]] std::size_t waiting() const;
    // The reader's: hands on what there is, and says how many.
    std::size_t consume(const std::function<void(std::span<const std::byte>)>& sink);

  private:
    struct Shared {
        alignas(64) std::atomic<std::uint64_t> head;  // written up to here
        alignas(64) std::atomic<std::uint64_t> tail;  // read up to here
    };
    SharedRing(void* memory, std::size_t bytes);

    Shared* shared_;
    std::byte* bytes_;
    std::size_t size_;
};

}  // namespace fstracker::capture
