// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/bytes.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fstracker::artifact {

std::size_t FileBytes::read(std::uint64_t offset, std::span<std::uint8_t> into) {
    if (offset >= size_) return 0;
    const std::uint64_t most = std::min({std::uint64_t{into.size()}, left_, size_ - offset});
    std::size_t have = 0;
    while (have < most) {
        const ssize_t got =
            ::pread(fd_, into.data() + have, static_cast<std::size_t>(most) - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    left_ -= have;
    return have;
}

std::size_t MemoryBytes::read(std::uint64_t offset, std::span<std::uint8_t> into) {
    if (offset >= bytes_.size()) return 0;
    const std::size_t count = std::min(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
}

Slice::Slice(Bytes& whole, std::uint64_t offset, std::uint64_t size)
    : whole_(whole),
      offset_(std::min(offset, whole.size())),
      size_(std::min(size, whole.size() - std::min(offset, whole.size()))) {}

std::size_t Slice::read(std::uint64_t offset, std::span<std::uint8_t> into) {
    if (offset >= size_) return 0;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
    return whole_.read(offset_ + offset, into.first(count));
}

bool Cursor::fill() {
    if (failed_) return false;
    have_ = bytes_.read(next_, {window_.get(), step_});
    at_ = 0;
    next_ += have_;
    step_ = std::min(step_ * 2, kWindow);
    failed_ = have_ == 0;
    return !failed_;
}

std::uint64_t Cursor::little_endian(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return failed_ ? 0 : value;
}

Cursor::Line Cursor::line() {
    Line line{offset(), 0, {}};
    bool crosses = false;
    while (at_ != have_ || fill()) {
        const std::span<const std::uint8_t> rest(window_.get() + at_, have_ - at_);
        const void* end = std::memchr(rest.data(), '\n', rest.size());
        const std::size_t length = end == nullptr
                                       ? rest.size()
                                       : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - rest.data());
        line.length += length;
        line.text = as_text(rest.first(std::min(length, kLongestText)));
        if (crosses || end == nullptr) {
            if (!crosses) across_.clear();
            across_.append(line.text.substr(0, kLongestText - std::min(across_.size(), kLongestText)));
            line.text = across_;
            crosses = true;
        }
        at_ += length + (end == nullptr ? 0 : 1);
        if (end != nullptr) return line;
    }
    return line;
}

void Cursor::skip(std::uint64_t count) {
    if (count <= have_ - at_) {
        at_ += static_cast<std::size_t>(count);
        return;
    }
    const std::uint64_t from = offset();
    if (failed_ || from > bytes_.size() || count > bytes_.size() - from) {
        failed_ = true;
        at_ = have_;
        return;
    }
    next_ = from + count;
    at_ = have_ = 0;
    step_ = kFirstWindow;
}

std::string text_at(Bytes& bytes, std::uint64_t offset, std::size_t length) {
    std::string text(length, '\0');
    text.resize(bytes.read(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
    return text;
}

std::uint64_t little_endian_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
    return value;
}

}  // namespace fstracker::artifact
