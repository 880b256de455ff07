// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/content.hpp"

#include <algorithm>
#include <array>

#include "core/artifact/formats.hpp"
#include "core/artifact/pickle.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::array<std::string_view, 25> kWords = {
    "",        "empty",   "text",         "csv",    "json",   "jsonl",  "elf",       "safetensors", "gguf",
    "onnx",    "pytorch", "torch-legacy", "pickle", "joblib", "hdf5",   "keras",     "npy",         "npz",
    "parquet", "arrow",   "tfrecord",     "zip",    "gzip",   "sqlite", "unreadable"};
static_assert(kWords.size() == static_cast<std::size_t>(kLastFormat) + 1);

// What one content may cost, whatever it is.
constexpr std::uint64_t kMostRead = std::uint64_t{512} << 20;

using Reader = std::optional<Content> (*)(Bytes&, Head);
// Those with a magic of their own first; text, which anything may look like, last.
constexpr std::array<Reader, 8> kReaders = {as_zip,         as_numpy,    as_gguf, as_table,
                                            as_safetensors, as_deflated, as_onnx, as_pickle};

}  // namespace

std::string_view to_word(Format format) { return kWords.at(static_cast<std::size_t>(format)); }

Content inspect(Bytes& bytes) {
    std::array<std::uint8_t, kHeadBytes> buffer;
    const Head head = Head(buffer).first(bytes.read(0, buffer));
    if (auto known = recognise(bytes, head)) return std::move(*known);
    for (const Reader reader : kReaders) {
        auto content = reader(bytes, head);
        if (!content) continue;
        // The same bytes may be a pickle too, for whoever loads them as one.
        const auto pickle = reader == as_pickle ? std::nullopt : as_pickle(bytes, head);
        if (pickle && !pickle->imports.empty())
            add_to(*content,
                   Pickle{{pickle->imports.begin(), pickle->imports.end()}, true, true, 0, 0, pickle->problem});
        return std::move(*content);
    }
    return as_text(bytes, head).value_or(Content{});
}

Content inspect_file(int fd, std::uint64_t size) {
    FileBytes bytes(fd, size, kMostRead);
    Content content = inspect(bytes);
    if (bytes.spent() && !content.problem.empty()) content.problem = "more of it would have to be read than is allowed";
    return content;
}

std::optional<Content> recognise(Bytes& bytes) {
    std::array<std::uint8_t, kHeadBytes> buffer;
    return recognise(bytes, Head(buffer).first(bytes.read(0, buffer)));
}

std::optional<Content> recognise_file(int fd, std::uint64_t size) {
    FileBytes bytes(fd, size, 2 * kHeadBytes);
    return recognise(bytes);
}

std::string details_text(const Content& content) {
    std::string text;
    if (content.imports.empty() && content.problem.empty()) return text;
    text = content.problem;
    for (const std::string& name : content.imports) text += '\t' + name;
    return text;
}

Content content_from(Format format, std::string_view details) {
    Content content;
    content.format = format;
    const auto take = [&details] {
        const std::size_t end = details.find('\t');
        const std::string_view taken = details.substr(0, end);
        details.remove_prefix(end == std::string_view::npos ? details.size() : end + 1);
        return std::string(taken);
    };
    content.problem = take();
    while (!details.empty()) content.imports.push_back(take());
    return content;
}

}  // namespace fstracker::artifact
