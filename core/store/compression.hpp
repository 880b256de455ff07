// SPDX-License-Identifier: Apache-2.0
// zstd, as evidence uses it: one frame with a checksum, nothing before and nothing after.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::store {

// On event lines a third of the time of level 3, for a file a tenth longer (docs/run-directory.md).
inline constexpr int kCompressionLevel = 1;

// One frame with checksum and content size.
Result<std::string> compress(std::string_view bytes);

// kInvalid for anything but exactly one whole frame, and for one that would become more than `most` bytes; no more than
// that is ever allocated.
Result<std::string> decompress(std::string_view bytes, std::size_t most);

// A longer line is no log of ours.
inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;

// Calls `line` for each line (without newline) of a zstd-compressed file; stops at the first error it returns. Lines
// are handed out before the end of the frame, and so its checksum, was seen: what they say counts when this returns
// without error. A frame that would become more than `most` bytes is an error, as is a last line without newline.
Status for_each_line(const std::string& path, const std::function<Status(std::string_view)>& line,
                     std::uint64_t most = std::uint64_t{64} << 30);

// Lines into a zstd file as they come, with the digest of the compressed bytes at the end. After an error every further
// call gives that error again.
class LogWriter {
  public:
    // `path` must not be there yet; made with mode 0600.
    static Result<std::unique_ptr<LogWriter>> create(const std::string& path);
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    Status append(std::string_view lines);
    // Holds room on the disk beyond the end of the file, so that `bytes` more of lines can be written, and after
    // finish_hex(), which gives it back, other files in its place, whatever has filled the disk meanwhile. A file
    // system that cannot hold room promises nothing, and that is no error. An error (no space) does not stay: what was
    // held before is held still.
    Status reserve(std::uint64_t bytes);
    // What was appended so far can be read from the file even if this process dies now; for checkpoints, since each
    // flush costs compression.
    Status flush();
    // Ends the frame and gives the SHA-256 of the file. Once. The run directory syncs it with all else.
    Result<std::string> finish_hex();

  private:
    struct State;
    explicit LogWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::store
