// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/store/compression.hpp"

namespace fstracker::store {

namespace {

// What the compressor may hold back: one block. Beyond that, what headers and the frame's end take.
constexpr std::uint64_t kBlock = ZSTD_BLOCKSIZE_MAX;
constexpr std::uint64_t kFraming = 64;
// Room is taken ahead of the need, by half, but no more than this.
constexpr std::uint64_t kMostAhead = std::uint64_t{4} << 20;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

struct LogWriter::State {
    State(std::string name, base::Fd opened) : path(std::move(name)), file(std::move(opened)) {}

    Status give(std::string_view lines, ZSTD_EndDirective directive) {
        if (failure) return fail(*failure);
        held_back = std::min(kBlock, held_back + lines.size());
        ZSTD_inBuffer in{lines.data(), lines.size(), 0};
        for (;;) {
            ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
            const std::size_t rest = ZSTD_compressStream2(compressor.get(), &out, &in, directive);
            if (ZSTD_isError(rest) != 0)
                return failed(
                    Error{ErrorKind::kSystem, "cannot compress " + path + ": " + ZSTD_getErrorName(rest), {}});
            const std::span bytes(buffer.data(), out.pos);
            if (auto done = base::write_all(file.get(), {bytes.data(), bytes.size()}, path); !done)
                return failed(done.error());
            stream.update(std::as_bytes(bytes));
            written += out.pos;
            const bool done = directive == ZSTD_e_continue ? in.pos == in.size : rest == 0;
            if (!done) continue;
            if (directive != ZSTD_e_continue) held_back = 0;
            return {};
        }
    }

    Status reserve(std::uint64_t bytes) {
        const std::uint64_t need = written + held_back + bytes + bytes / 256 + kFraming;
        if (need <= room_end) return {};
        int number = 0;
        for (const std::uint64_t ahead : {std::min(need / 2, kMostAhead), std::uint64_t{0}}) {
            if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(need + ahead)) == 0) {
                room_end = need + ahead;
                return {};
            }
            number = errno;
        }
        if (number == ENOSPC || number == EDQUOT) return base::fail_errno(number, "cannot make room for " + path);
        room_end = std::numeric_limits<std::uint64_t>::max();  // nothing can be promised here
        return {};
    }

    Status failed(Error error) {
        failure = error;
        return fail(std::move(error));
    }

    std::string path;
    base::Fd file;
    std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor{ZSTD_createCCtx()};
    std::vector<char> buffer = std::vector<char>(ZSTD_CStreamOutSize());
    digest::Sha256Stream stream;
    std::uint64_t written = 0;
    std::uint64_t held_back = 0;
    std::uint64_t room_end = 0;  // the disk has room for the file up to there
    std::optional<Error> failure;
};

LogWriter::LogWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogWriter::~LogWriter() = default;

Result<std::unique_ptr<LogWriter>> LogWriter::create(const std::string& path) {
    base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return base::fail_errno(errno, "cannot make " + path);
    auto state = std::make_unique<State>(path, std::move(file));
    if (!state->compressor) return fail(ErrorKind::kSystem, "cannot compress " + path + ": out of memory");
    ZSTD_CCtx_setParameter(state->compressor.get(), ZSTD_c_compressionLevel, kCompressionLevel);
    ZSTD_CCtx_setParameter(state->compressor.get(), ZSTD_c_checksumFlag, 1);
    return std::unique_ptr<LogWriter>(new LogWriter(std::move(state)));
}

Status LogWriter::append(std::string_view lines) { return state_->give(lines, ZSTD_e_continue); }

Status LogWriter::reserve(std::uint64_t bytes) { return state_->reserve(bytes); }

Status LogWriter::flush() { return state_->give({}, ZSTD_e_flush); }

Result<std::string> LogWriter::finish_hex() {
    if (auto done = state_->give({}, ZSTD_e_end); !done) return fail(done.error());
    // Room beyond the end is given back by a truncation that changes nothing else.
    if (state_->room_end != 0 && ::ftruncate(state_->file.get(), static_cast<off_t>(state_->written)) != 0)
        return fail(state_->failed(base::errno_error(errno, "cannot write " + state_->path)).error());
    if (::close(state_->file.release()) != 0)
        return fail(state_->failed(base::errno_error(errno, "cannot write " + state_->path)).error());
    state_->failure = Error{ErrorKind::kInvalid, state_->path + " is finished already", {}};
    return base::to_hex(state_->stream.finish());
}

}  // namespace fstracker::store
