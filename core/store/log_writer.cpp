// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
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

// Level 1: on event lines a third of the time of level 3, for a file a tenth longer (docs/run-directory.md).
constexpr int kLevel = 1;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

struct LogWriter::State {
    State(std::string name, base::Fd opened) : path(std::move(name)), file(std::move(opened)) {}

    Status give(std::string_view lines, ZSTD_EndDirective directive) {
        if (failure) return fail(*failure);
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
            const bool done = directive == ZSTD_e_continue ? in.pos == in.size : rest == 0;
            if (done) return {};
        }
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
    std::optional<Error> failure;
};

LogWriter::LogWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogWriter::~LogWriter() = default;

Result<std::unique_ptr<LogWriter>> LogWriter::create(const std::string& path) {
    base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return base::fail_errno(errno, "cannot make " + path);
    auto state = std::make_unique<State>(path, std::move(file));
    if (!state->compressor) return fail(ErrorKind::kSystem, "cannot compress " + path + ": out of memory");
    ZSTD_CCtx_setParameter(state->compressor.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(state->compressor.get(), ZSTD_c_checksumFlag, 1);
    return std::unique_ptr<LogWriter>(new LogWriter(std::move(state)));
}

Status LogWriter::append(std::string_view lines) { return state_->give(lines, ZSTD_e_continue); }

Status LogWriter::flush() { return state_->give({}, ZSTD_e_flush); }

Result<std::string> LogWriter::finish_hex() {
    if (auto done = state_->give({}, ZSTD_e_end); !done) return fail(done.error());
    if (::close(state_->file.release()) != 0)
        return fail(state_->failed(base::errno_error(errno, "cannot write " + state_->path)).error());
    state_->failure = Error{ErrorKind::kInvalid, state_->path + " is finished already", {}};
    return base::to_hex(state_->stream.finish());
}

}  // namespace fstracker::store
