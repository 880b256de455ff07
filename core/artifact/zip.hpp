// SPDX-License-Identifier: Apache-2.0
// A zip archive's list of members, as its central directory has it, and their bytes. ZIP64 too; no encryption, one
// disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/artifact/bytes.hpp"

namespace fstracker::artifact {

struct ZipMember {
    std::string name;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;  // 0 stored, 8 deflated
    std::uint64_t packed = 0;  // bytes
    std::uint64_t size = 0;
    std::uint64_t header = 0;  // offset of the local one
};

struct ZipDirectory {
    std::vector<ZipMember> members;
    std::string problem;  // why it is not whole, or empty
};

inline constexpr std::size_t kMostMembers = 100'000;

// None where there is no such directory.
std::optional<ZipDirectory> read_zip(Bytes& bytes);

// A member's bytes; where they have to be inflated, the first `most` of them.
class ZipBytes {
  public:
    static ZipBytes open(Bytes& archive, const ZipMember& member, std::size_t most);
    [[nodiscard]] Bytes* get() const { return bytes_.get(); }  // nullptr: see problem()
    [[nodiscard]] const std::string& problem() const { return problem_; }

  private:
    std::vector<std::uint8_t> inflated_;
    std::unique_ptr<Bytes> bytes_;
    std::string problem_;
};

}  // namespace fstracker::artifact
