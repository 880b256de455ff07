// SPDX-License-Identifier: Apache-2.0
// Which Debian package a path belongs to. The package manager's own lists (a file for each package, some ten megabytes)
// are read once for each state of them and kept as an index that answers with a few reads; docs/digest-cache.md has its
// layout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::artifact {

// One thread at a time, but for find() after load().
class DebianPackages {
  public:
    // Opens the index at `index`, or makes it, when the lists in `database` ("/var/lib/dpkg") changed or there is none.
    // kNotFound on a system that has none; an index that cannot be kept is used all the same.
    static Result<DebianPackages> open(const std::string& database, const std::string& index);

    // Reads the whole index, for many questions.
    void load();

    // "pkg:deb/debian/libc6@2.36-9", or nothing.
    [[nodiscard]] std::optional<std::string> find(std::string_view path) const;

  private:
    [[nodiscard]] bool read(std::uint64_t offset, void* into, std::size_t size) const;

    base::Fd file_;
    std::string bytes_;  // where it was loaded or made
    std::uint64_t rows_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace fstracker::artifact
