// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "core/base/errno_error.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::digest {

namespace {

// Small enough to stay in a core's second-level cache between the copy and the hash; docs/digest-cache.md has figures.
constexpr std::size_t kBlock = std::size_t{128} << 10;

// Below this, asking what is cached costs more than it saves.
constexpr std::uint64_t kLong = std::uint64_t{1} << 20;

struct FreeBytes {
    void operator()(std::byte* bytes) const { std::free(bytes); }
};
using Block = std::unique_ptr<std::byte, FreeBytes>;

Block make_block() {
    auto* bytes = static_cast<std::byte*>(std::aligned_alloc(4096, kBlock));
    if (bytes == nullptr) throw std::bad_alloc();
    return Block(bytes);
}

const std::array<std::byte, kBlock>& zeros() {
    static const std::array<std::byte, kBlock> block{};
    return block;
}

// Whether most of the file is not in the page cache. Kernels before 6.5 cannot say: then it counts as cached, since
// letting go of what the step still uses would cost it more than a full cache costs anybody.
bool mostly_uncached(int fd, std::uint64_t size) {
#ifndef SYS_cachestat
    constexpr long kCachestat = 451;  // the same on every architecture
#else
    constexpr long kCachestat = SYS_cachestat;
#endif
    struct Range {
        std::uint64_t offset, length;
    } range{0, 0};
    struct Counts {
        std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
    } counts{};
    if (::syscall(kCachestat, fd, &range, &counts, 0U) != 0) return false;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return counts.cached < (size / page) / 2;
}

class FileHash {
  public:
    FileHash(int fd, const std::atomic<bool>& stop) : fd_(fd), stop_(stop) {}

    Result<FileDigest> run() {
        struct stat status {};
        if (::fstat(fd_, &status) != 0) return base::fail_errno(errno, "cannot hash an open file");
        const auto size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
        const bool is_long = S_ISREG(status.st_mode) && size >= kLong;
        // Blocks of 512 bytes: fewer than the size needs means that there are holes (or that the file is compressed).
        const bool sparse = is_long && static_cast<std::uint64_t>(status.st_blocks) * 512 < size;
        const bool let_go = is_long && mostly_uncached(fd_, size);
        if (is_long) ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
        stream().restart();
        const Status hashed = sparse ? hash_sparse() : hash_until(UINT64_MAX);
        if (let_go) ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED);
        if (!hashed) return fail(hashed.error());
        return FileDigest{stream().finish(), offset_};
    }

  private:
    static Sha256Stream& stream() {
        thread_local Sha256Stream stream;
        return stream;
    }

    // Data from offset_ up to `end` or the end of the file, whichever is first.
    Status hash_until(std::uint64_t end) {
        thread_local const Block block = make_block();
        while (offset_ < end) {
            if (stop_.load(std::memory_order_relaxed)) return fail(ErrorKind::kSystem, "hashing was abandoned");
            const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, end - offset_));
            const ssize_t got = ::pread(fd_, block.get(), most, static_cast<off_t>(offset_));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return base::fail_errno(errno, "cannot read an open file at byte " + std::to_string(offset_));
            if (got == 0) break;
            stream().update({block.get(), static_cast<std::size_t>(got)});
            offset_ += static_cast<std::uint64_t>(got);
        }
        return {};
    }

    Status hash_zeros_until(std::uint64_t end) {
        while (offset_ < end) {
            if (stop_.load(std::memory_order_relaxed)) return fail(ErrorKind::kSystem, "hashing was abandoned");
            const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, end - offset_));
            stream().update({zeros().data(), most});
            offset_ += most;
        }
        return {};
    }

    // Holes move when somebody writes meanwhile; then the stamps differ, and the digest is bound to neither content.
    Status hash_sparse() {
        for (;;) {
            const off_t data = ::lseek(fd_, static_cast<off_t>(offset_), SEEK_DATA);
            if (data < 0 && errno == ENXIO) {  // nothing but a hole up to the end
                struct stat status {};
                if (::fstat(fd_, &status) != 0) return base::fail_errno(errno, "cannot hash an open file");
                return hash_zeros_until(static_cast<std::uint64_t>(status.st_size));
            }
            if (data < 0) return hash_until(UINT64_MAX);  // this file system cannot tell
            if (auto done = hash_zeros_until(static_cast<std::uint64_t>(data)); !done) return done;
            const off_t hole = ::lseek(fd_, data, SEEK_HOLE);
            if (hole < 0) return hash_until(UINT64_MAX);
            const std::uint64_t before = offset_;
            if (auto done = hash_until(static_cast<std::uint64_t>(hole)); !done) return done;
            if (offset_ == before || offset_ < static_cast<std::uint64_t>(hole)) return {};  // it was cut off meanwhile
        }
    }

    int fd_;
    const std::atomic<bool>& stop_;
    std::uint64_t offset_ = 0;
};

}  // namespace

Result<FileDigest> sha256_of(int fd, const std::atomic<bool>& stop) { return FileHash(fd, stop).run(); }

Result<FileDigest> sha256_of(int fd) {
    static const std::atomic<bool> never{false};
    return sha256_of(fd, never);
}

}  // namespace fstracker::digest
