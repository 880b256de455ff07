// SPDX-License-Identifier: Apache-2.0
// Bytes that somebody else wrote, read a piece at a time and never mapped: a file that is cut off meanwhile ends early,
// and that is all. One thread each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fstracker::artifact {

class Bytes {
  public:
    virtual ~Bytes() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // How many of the bytes from `offset` on were had; fewer than asked at the end, on an error of reading, and when a
    // limit is reached.
    virtual std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
};

// An open regular file. After `most` bytes nothing more is read of it.
class FileBytes : public Bytes {
  public:
    FileBytes(int fd, std::uint64_t size, std::uint64_t most) : fd_(fd), size_(size), left_(most) {}
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override;
    [[nodiscard]] bool spent() const { return left_ == 0; }

  private:
    int fd_;
    std::uint64_t size_;
    std::uint64_t left_;
};

class MemoryBytes : public Bytes {
  public:
    explicit MemoryBytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override;

  private:
    std::span<const std::uint8_t> bytes_;  // not owned
};

// A part of others, as if it were all; cut to what is there. Does not own them.
class Slice : public Bytes {
  public:
    Slice(Bytes& whole, std::uint64_t offset, std::uint64_t size);
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override;

  private:
    Bytes& whole_;
    std::uint64_t offset_, size_;
};

// Reads forward, and skips what is long without reading it. `failed()` once something was asked for that is not there;
// from then on everything reads as zero or empty.
class Cursor {
  public:
    explicit Cursor(Bytes& bytes, std::uint64_t offset = 0) : bytes_(bytes), next_(offset) {}

    std::uint8_t byte() {
        if (at_ == have_ && !fill()) return 0;
        return window_[at_++];
    }
    std::uint64_t little_endian(std::size_t width);  // at most 8 bytes
    // What lies before the next newline, which is skipped as well. `text` is its beginning, until the next call.
    struct Line {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::string_view text;
    };
    Line line();
    void skip(std::uint64_t count);

    [[nodiscard]] std::uint64_t offset() const { return next_ - (have_ - at_); }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return offset() >= bytes_.size(); }

  private:
    bool fill();

    static constexpr std::size_t kFirstWindow = 4096, kWindow = 65536;
    static constexpr std::size_t kLongestText = 4096;
    Bytes& bytes_;
    std::uint64_t next_;  // what the window is followed by
    std::size_t at_ = 0, have_ = 0;
    std::size_t step_ = kFirstWindow;  // grows while reading goes on without a skip
    bool failed_ = false;
    // Not on the stack, where each page of it would be touched though most contents need one.
    std::unique_ptr<std::uint8_t[]> window_ = std::make_unique_for_overwrite<std::uint8_t[]>(kWindow);
    std::string across_;  // a line that lies across two windows
};

// Those bytes as text; shorter where they are not all there.
std::string text_at(Bytes& bytes, std::uint64_t offset, std::size_t length);

// The number that begins at `at` of `bytes`, which has it.
std::uint64_t little_endian_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t width);

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace fstracker::artifact
