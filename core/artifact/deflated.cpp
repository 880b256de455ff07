// SPDX-License-Identifier: Apache-2.0
// gzip, and the zlib streams that joblib writes: named for what they are, with what a pickle inside would import.
#include <algorithm>

#include "core/artifact/formats.hpp"
#include "core/artifact/inflate.hpp"
#include "core/artifact/pickle.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostInflated = std::size_t{32} << 20;
constexpr std::size_t kFirstLook = 512;

}  // namespace

bool begins_gzip(Head head) { return head.size() >= 18 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8; }

bool begins_zlib(Head head) {
    return head.size() >= 8 && head[0] == 0x78 && (head[0] * 256U + head[1]) % 31 == 0 && (head[1] & 0x20U) == 0;
}

std::optional<Content> as_deflated(Bytes& bytes, Head head) {
    const bool gzip = begins_gzip(head);
    if (!gzip && !begins_zlib(head)) return std::nullopt;
    const Wrapping wrapping = gzip ? Wrapping::kGzip : Wrapping::kZlib;
    Content content;
    if (gzip) content.format = Format::kGzip;
    const Inflated first = inflate(bytes, wrapping, kFirstLook);
    MemoryBytes beginning(first.bytes);
    if (!may_be_pickle(beginning, first.bytes)) return gzip ? std::optional(content) : std::nullopt;
    const Inflated all = inflate(bytes, wrapping, kMostInflated);
    MemoryBytes pickle(all.bytes);
    std::optional<Content> inner = as_pickle(pickle, Head(all.bytes).first(std::min(all.bytes.size(), kHeadBytes)));
    const bool cut = !all.whole && all.bytes.size() == kMostInflated;
    // It says that it is one; what it would import may come behind the bound.
    if (!inner && cut && begins_pickle(all.bytes[0], all.bytes[1])) inner.emplace().format = Format::kPickle;
    if (!inner) return gzip ? std::optional(content) : std::nullopt;
    if (cut) inner->problem = "it inflates to more than is followed";
    if (gzip) inner->format = Format::kGzip;
    return inner;
}

}  // namespace fstracker::artifact
