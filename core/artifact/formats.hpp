// SPDX-License-Identifier: Apache-2.0
// One function for each family of formats; internal to core/artifact. Each is given the first bytes of the content,
// which were read already, and says nothing when it is not of its family.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/artifact/bytes.hpp"
#include "core/artifact/content.hpp"

namespace fstracker::artifact {

using Head = std::span<const std::uint8_t>;

inline constexpr std::size_t kHeadBytes = 4096;

std::optional<Content> as_safetensors(Bytes& bytes, Head head);
std::optional<Content> as_gguf(Bytes& bytes, Head head);
std::optional<Content> as_onnx(Bytes& bytes, Head head);
std::optional<Content> as_numpy(Bytes& bytes, Head head);     // npy, with the pickle that may be in it
std::optional<Content> as_zip(Bytes& bytes, Head head);       // pytorch, keras, npz, zip
std::optional<Content> as_pickle(Bytes& bytes, Head head);    // pickle, joblib, torch-legacy
std::optional<Content> as_deflated(Bytes& bytes, Head head);  // gzip and zlib, with the pickle that may be in it
std::optional<Content> as_table(Bytes& bytes, Head head);     // Parquet, Arrow, TFRecord, HDF5, SQLite
std::optional<Content> as_text(Bytes& bytes, Head head);      // CSV, JSON, JSON lines, other text

// Of the first bytes of something longer.
bool may_be_pickle(Bytes& bytes, Head head);

// What only the head says. Where one of these is false, the function above says nothing of such a content.
bool begins_zip(Head head);
bool begins_numpy(Head head);
bool begins_gzip(Head head);
bool begins_zlib(Head head);
bool begins_safetensors(Head head);
bool begins_onnx(Head head);
bool could_begin_pickle(Head head, std::uint64_t size);

// npy whose header is within the head and that holds no objects, so that there is nothing to take apart.
std::optional<Content> as_plain_numpy(Head head);

// recognise() with a head that was read already.
std::optional<Content> recognise(Bytes& bytes, Head head);

}  // namespace fstracker::artifact
