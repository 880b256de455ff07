// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/store/compression.hpp"

namespace fstracker::store {

namespace {

struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Cuts what comes in into lines. A line that ends in another piece than it began in is put together in `begun_`.
class LineCutter {
  public:
    LineCutter(const std::function<Status(std::string_view)>& line, const std::string& name)
        : line_(line), name_(name) {}

    Status take(std::string_view piece) {
        while (!piece.empty()) {
            const std::size_t newline = piece.find('\n');
            const std::string_view part = piece.substr(0, newline);
            if (begun_.size() + part.size() > kLongestLine)
                return fail(ErrorKind::kInvalid, name_ + ": line " + std::to_string(number_) + " is longer than 1 MiB",
                            "the file is damaged or not of this format");
            if (newline == std::string_view::npos) {
                begun_ += part;
                return {};
            }
            piece.remove_prefix(newline + 1);
            Status done;
            if (begun_.empty()) {
                done = line_(part);
            } else {
                begun_ += part;
                done = line_(begun_);
                begun_.clear();
            }
            if (!done) return done;
            ++number_;
        }
        return {};
    }

    [[nodiscard]] bool within_a_line() const { return !begun_.empty(); }

  private:
    const std::function<Status(std::string_view)>& line_;
    const std::string& name_;
    std::string begun_;
    std::uint64_t number_ = 1;
};

class LogReader {
  public:
    LogReader(const std::string& path, const std::function<Status(std::string_view)>& line, std::uint64_t most)
        : path_(path), cutter_(line, path), left_(most) {}

    Status read() {
        const base::Fd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
        if (!file) return base::fail_errno(errno, "cannot open " + path_);
        struct stat status {};
        if (::fstat(file.get(), &status) != 0) return base::fail_errno(errno, "cannot read " + path_);
        if (!S_ISREG(status.st_mode)) return bad("it is not a regular file");
        if (!context_) return fail(ErrorKind::kSystem, "cannot decompress " + path_ + ": out of memory");
        for (;;) {
            const ssize_t got = ::read(file.get(), input_.data(), input_.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return base::fail_errno(errno, "cannot read " + path_);
            if (got == 0) break;
            if (auto done = take({input_.data(), static_cast<std::size_t>(got)}); !done) return done;
        }
        if (!ended_) return bad("it ends in the middle of a zstd frame");
        if (cutter_.within_a_line()) return bad("its last line has no end");
        return {};
    }

  private:
    tl::unexpected<Error> bad(const std::string& why) const {
        return fail(ErrorKind::kInvalid, "cannot read " + path_ + ": " + why,
                    "the file is damaged or not of this format");
    }

    Status take(std::string_view bytes) {
        static constexpr std::string_view kMagic = "\x28\xb5\x2f\xfd";
        for (const char byte : bytes.substr(0, kMagic.size() - magic_seen_)) {
            if (byte != kMagic[magic_seen_]) return bad("it does not begin as a zstd frame");
            ++magic_seen_;
        }
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        bool more = true;
        while (more) {
            if (ended_) {
                if (in.pos != in.size) return bad("there are bytes after the zstd frame");
                return {};
            }
            ZSTD_outBuffer out{output_.data(), output_.size(), 0};
            const std::size_t rest = ZSTD_decompressStream(context_.get(), &out, &in);
            if (ZSTD_isError(rest) != 0) return bad(ZSTD_getErrorName(rest));
            if (out.pos > left_) return bad("it would become too long");
            left_ -= out.pos;
            if (auto done = cutter_.take({output_.data(), out.pos}); !done) return done;
            ended_ = rest == 0;
            // A full output buffer may hide more that needs no further input.
            more = in.pos < in.size || out.pos == out.size || ended_;
        }
        return {};
    }

    const std::string& path_;
    LineCutter cutter_;
    std::uint64_t left_;
    std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context_{ZSTD_createDCtx()};
    std::vector<char> input_ = std::vector<char>(ZSTD_DStreamInSize());
    std::vector<char> output_ = std::vector<char>(ZSTD_DStreamOutSize());
    std::size_t magic_seen_ = 0;
    bool ended_ = false;
};

}  // namespace

Status for_each_line(const std::string& path, const std::function<Status(std::string_view)>& line, std::uint64_t most) {
    return LogReader(path, line, most).read();
}

}  // namespace fstracker::store
