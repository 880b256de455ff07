// SPDX-License-Identifier: Apache-2.0
#include "core/digest/mounts.hpp"

#include <fcntl.h>
#include <poll.h>

#include <charconv>
#include <mutex>

#include "core/base/durable_file.hpp"
#include "core/base/fd.hpp"

namespace fstracker::digest {

namespace {

constexpr std::size_t kLongestTable = std::size_t{16} << 20;

// The number at the beginning of `text`, which loses it and one more character.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    const auto used = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(std::min(used + 1, text.size()));
    return value;
}

// The decimal value of the line "KEY:\tVALUE".
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + key.size());
    return take_number(text);
}

std::map<std::uint64_t, std::uint32_t> read_table(const std::string& path) {
    const auto text = base::read_file(path, kLongestTable);
    return text ? parse_mountinfo(*text) : std::map<std::uint64_t, std::uint32_t>{};
}

// Our own mount table, read again only when the kernel says that it has changed: mount ids are used again.
class OwnMounts {
  public:
    std::optional<std::uint32_t> device(std::uint64_t mount) {
        const std::scoped_lock lock(mutex_);
        if (!watch_) watch_.reset(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
        pollfd changed{watch_.get(), POLLPRI, 0};
        if (!read_ || ::poll(&changed, 1, 0) != 0) {
            table_ = read_table("/proc/self/mountinfo");
            read_ = true;
        }
        const auto found = table_.find(mount);
        if (found == table_.end()) return std::nullopt;
        return found->second;
    }

  private:
    std::mutex mutex_;
    base::Fd watch_;
    bool read_ = false;
    std::map<std::uint64_t, std::uint32_t> table_;
};

}  // namespace

std::map<std::uint64_t, std::uint32_t> parse_mountinfo(std::string_view text) {
    std::map<std::uint64_t, std::uint32_t> devices;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto mount = take_number(line), parent = take_number(line), high = take_number(line),
                   low = take_number(line);
        if (mount && parent && high && low) devices[*mount] = static_cast<std::uint32_t>(*high << 20 | *low);
    }
    return devices;
}

std::optional<InnerIdentity> inner_identity(int fd, std::uint32_t pid) {
    static OwnMounts own;
    const auto text = base::read_file("/proc/self/fdinfo/" + std::to_string(fd), std::size_t{1} << 16);
    if (!text) return std::nullopt;
    const auto mount = value_of(*text, "mnt_id:\t"), inode = value_of(*text, "\nino:\t");
    if (!mount || !inode) return std::nullopt;
    auto device = own.device(*mount);
    if (!device && pid != 0) {
        const auto table = read_table("/proc/" + std::to_string(pid) + "/mountinfo");
        if (const auto found = table.find(*mount); found != table.end()) device = found->second;
    }
    if (!device) return std::nullopt;
    return InnerIdentity{*device, *inode};
}

}  // namespace fstracker::digest
