// SPDX-License-Identifier: Apache-2.0
#include "core/store/compression.hpp"

#include <zstd.h>

#include <memory>

namespace fstracker::store {

namespace {

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

bool begins_a_frame(std::string_view bytes) {
    static constexpr std::string_view kMagic = "\x28\xb5\x2f\xfd";
    return bytes.starts_with(kMagic);
}

}  // namespace

Result<std::string> compress(std::string_view bytes) {
    const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    if (!context) return fail(ErrorKind::kSystem, "cannot compress: out of memory");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kCompressionLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0)
        return fail(ErrorKind::kSystem, std::string("cannot compress: ") + ZSTD_getErrorName(size));
    frame.resize(size);
    return frame;
}

Result<std::string> decompress(std::string_view bytes, std::size_t most) {
    const auto bad = [](std::string why) {
        return fail(ErrorKind::kInvalid, "cannot decompress: " + std::move(why),
                    "the file is damaged or not of this format");
    };
    if (!begins_a_frame(bytes)) return bad("it does not begin as a zstd frame");
    const std::size_t frame = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
    if (ZSTD_isError(frame) != 0) return bad(ZSTD_getErrorName(frame));
    if (frame != bytes.size()) return bad("there are bytes after the zstd frame");
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return bad("its size is not stated");
    if (size > most) return bad("it would become more than " + std::to_string(most) + " bytes");
    std::string content(static_cast<std::size_t>(size), '\0');
    const std::size_t got = ZSTD_decompress(content.data(), content.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) != 0) return bad(ZSTD_getErrorName(got));
    content.resize(got);
    return content;
}

}  // namespace fstracker::store
