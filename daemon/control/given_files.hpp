// SPDX-License-Identifier: Apache-2.0
// Files that travel with StartRun: packed by the client into one sealed memfd, taken out of it by the service. A memfd
// that is sealed cannot change any more, is never waited for, and is no name of anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::control {

class FilePacker {
  public:
    static Result<FilePacker> create();

    // `path` is what the file is called in the evidence.
    Status add(std::string path, Purpose purpose, std::string_view content);

    // Seals it. The files refer to the descriptor at `index` of the message.
    struct Packed {
        std::vector<GivenFile> files;
        base::Fd memory;
    };
    Result<Packed> finish(DescriptorIndex index);

  private:
    explicit FilePacker(base::Fd memory) : memory_(std::move(memory)) {}
    std::vector<GivenFile> files_;
    base::Fd memory_;
    std::uint64_t size_ = 0;
};

// Whether these files are what StartRun says they are: sealed memfds that hold them, no longer than `most` bytes
// together. Reads nothing, and never waits, whatever the descriptors are. The error is for the caller.
Status check_given_files(const std::vector<GivenFile>& files, const Descriptors& descriptors, std::uint64_t most);

// One of them. Of files that were checked.
Result<std::string> read_given_file(const GivenFile& file, const base::Fd& memory);

}  // namespace fstracker::control
