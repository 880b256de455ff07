// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/shared_ring.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

constexpr std::size_t kUsualSize = std::size_t{16} << 20;
constexpr std::size_t kHead = 4096;  // in front of the records
constexpr std::size_t kAlignment = 8;

// A length stands before each record; this one says that the rest of the ring is skipped.
constexpr std::uint64_t kSkip = ~std::uint64_t{0};

std::size_t room_for(std::size_t record) { return (record + kAlignment - 1) / kAlignment * kAlignment + kAlignment; }

}  // namespace

Result<SharedRing> SharedRing::create(std::size_t bytes) {
    const std::size_t size = bytes == 0 ? kUsualSize : bytes;
    if ((size & (size - 1)) != 0 || size < kHead)
        return fail(ErrorKind::kInvalid, "a ring's size is a power of two and at least a page");
    void* memory = mmap(nullptr, kHead + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return base::fail_errno(errno, "memory for records");
    return SharedRing(memory, size);
}

SharedRing::SharedRing(void* memory, std::size_t bytes)
    : shared_(new (memory) Shared{}), bytes_(static_cast<std::byte*>(memory) + kHead), size_(bytes) {}

SharedRing::SharedRing(SharedRing&& other) noexcept
    : shared_(std::exchange(other.shared_, nullptr)), bytes_(other.bytes_), size_(other.size_) {}

SharedRing::~SharedRing() {
    if (shared_ != nullptr) munmap(shared_, kHead + size_);
}

bool SharedRing::push(std::span<const std::byte> record) {
    std::uint64_t head = shared_->head.load(std::memory_order_relaxed);
    const std::uint64_t used = head - shared_->tail.load(std::memory_order_acquire);
    const std::size_t needed = room_for(record.size());
    const std::size_t to_end = size_ - static_cast<std::size_t>(head % size_);
    const std::size_t skipped = needed > to_end ? to_end : 0;
    if (used + skipped + needed > size_) return false;
    if (skipped != 0) {
        std::memcpy(bytes_ + head % size_, &kSkip, sizeof kSkip);
        head += skipped;
    }
    const std::uint64_t length = record.size();
    std::byte* at = bytes_ + head % size_;
    std::memcpy(at, &length, sizeof length);
    std::memcpy(at + sizeof length, record.data(), record.size());
    shared_->head.store(head + needed, std::memory_order_release);
    return true;
}

std::size_t SharedRing::waiting() const {
    return static_cast<std::size_t>(shared_->head.load(std::memory_order_acquire) -
                                    shared_->tail.load(std::memory_order_acquire));
}

std::size_t SharedRing::consume(const std::function<void(std::span<const std::byte>)>& sink) {
    const std::uint64_t head = shared_->head.load(std::memory_order_acquire);
    std::uint64_t tail = shared_->tail.load(std::memory_order_relaxed);
    std::size_t count = 0;
    while (tail != head) {
        const std::byte* at = bytes_ + tail % size_;
        std::uint64_t length = 0;
        std::memcpy(&length, at, sizeof length);
        if (length == kSkip) {
            tail += size_ - tail % size_;
        } else {
            sink({at + sizeof length, static_cast<std::size_t>(length)});
            ++count;
            tail += room_for(static_cast<std::size_t>(length));
        }
        shared_->tail.store(tail, std::memory_order_release);
    }
    return count;
}

}  // namespace fstracker::capture
