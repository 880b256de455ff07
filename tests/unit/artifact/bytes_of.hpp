// SPDX-License-Identifier: Apache-2.0
// Contents made in a test.
#pragma once

#include <algorithm>
#include <string>

#include "core/artifact/content.hpp"

namespace fstracker::testing {

inline std::string little_endian(std::uint64_t value, std::size_t width) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
}

inline artifact::Content told(const std::string& bytes) {
    artifact::MemoryBytes memory({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return artifact::inspect(memory);
}

// As long as it says: what was given, and after it one pattern again and again. Counts what is read of it.
class Sparse : public artifact::Bytes {
  public:
    Sparse(std::uint64_t size, std::string begin, std::string pattern = std::string(1, '\0'))
        : size_(size), begin_(std::move(begin)), pattern_(std::move(pattern)) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override {
        if (offset >= size_) return 0;
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t at = offset + i;
            into[i] = static_cast<std::uint8_t>(at < begin_.size() ? begin_[static_cast<std::size_t>(at)]
                                                                   : pattern_[(at - begin_.size()) % pattern_.size()]);
        }
        read_ += count;
        return count;
    }
    [[nodiscard]] std::uint64_t read_bytes() const { return read_; }

  private:
    std::uint64_t size_;
    std::string begin_, pattern_;
    std::uint64_t read_ = 0;
};

}  // namespace fstracker::testing
