// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace fstracker::artifact {

namespace {

class Stream {
  public:
    explicit Stream(Wrapping wrapping) {
        constexpr int kRaw = -MAX_WBITS, kGzip = MAX_WBITS + 16;
        const int bits = wrapping == Wrapping::kRaw ? kRaw : wrapping == Wrapping::kGzip ? kGzip : MAX_WBITS;
        ready_ = ::inflateInit2(&state_, bits) == Z_OK;
    }
    ~Stream() {
        if (ready_) ::inflateEnd(&state_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] bool ready() const { return ready_; }
    z_stream& state() { return state_; }

  private:
    z_stream state_{};
    bool ready_ = false;
};

}  // namespace

Inflated inflate(Bytes& from, Wrapping wrapping, std::size_t most) {
    Inflated result;
    Stream stream(wrapping);
    if (!stream.ready()) return result;
    constexpr std::size_t kFirst = 4096, kStep = std::size_t{1} << 20;
    std::array<std::uint8_t, 16384> in;
    std::uint64_t offset = 0;
    z_stream& state = stream.state();
    for (int code = Z_OK; code == Z_OK;) {
        if (state.avail_in == 0) {
            const std::size_t got = from.read(offset, in);
            offset += got;
            state.next_in = in.data();
            state.avail_in = static_cast<uInt>(got);
        }
        const std::size_t have = state.total_out;
        if (have == result.bytes.size()) {
            if (have == most) break;
            result.bytes.resize(std::min(most, std::max(kFirst, have + std::min(have, kStep))));
        }
        state.next_out = result.bytes.data() + have;
        state.avail_out = static_cast<uInt>(result.bytes.size() - have);
        code = ::inflate(&state, Z_NO_FLUSH);
        result.whole = code == Z_STREAM_END;
    }
    result.bytes.resize(std::min<std::size_t>(result.bytes.size(), state.total_out));
    return result;
}

}  // namespace fstracker::artifact
