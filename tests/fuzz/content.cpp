// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file's content, and as a pickle from each of its places: told within bounds, and what is told can be
// written into evidence.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/artifact/answer.hpp"
#include "core/artifact/content.hpp"
#include "core/artifact/formats.hpp"
#include "core/artifact/pickle.hpp"

namespace {

using namespace fstracker::artifact;

// What is told without taking it apart is nothing that has to be taken apart.
void check_recognised(Bytes& bytes, Head head) {
    const auto known = recognise(bytes);
    if (!known || known->format == Format::kElf || known->format == Format::kEmpty) return;
    if (known->format == Format::kNpy && !(as_numpy(bytes, head) == known)) std::abort();
    if (known->format != Format::kNpy && as_numpy(bytes, head)) std::abort();
    for (const auto reader : {as_zip, as_safetensors, as_deflated, as_onnx, as_pickle})
        if (reader(bytes, head)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    MemoryBytes bytes({data, size});
    const Content content = inspect(bytes);
    if (content.imports.size() > kMostImports) std::abort();
    for (std::size_t i = 0; i < content.imports.size(); ++i) {
        const std::string& name = content.imports[i];
        if (name.empty() || name.size() > kLongestImport) std::abort();
        if (i != 0 && content.imports[i - 1] >= name) std::abort();
        for (const char c : name)
            if (c <= ' ' || c >= 0x7F) std::abort();
    }
    if (!(content_from(content.format, details_text(content)) == content)) std::abort();
    if (!(read_answer(write_answer(content)) == content)) std::abort();
    const std::string_view text = as_text({data, size});
    if (const auto answer = read_answer(text); answer && write_answer(*answer) != text) std::abort();
    check_recognised(bytes, {data, std::min(size, kHeadBytes)});
    PickleBudget budget{100'000, 1'000};
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{size / 2}}) {
        const Pickle pickle = disassemble_all(bytes, offset, budget);
        if (pickle.whole && pickle.end > size) std::abort();
    }
    return 0;
}
