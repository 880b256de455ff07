// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file's content, and as a pickle from each of its places: told within bounds, and what is told can be
// written into evidence.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/artifact/content.hpp"
#include "core/artifact/pickle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::artifact;
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
    PickleBudget budget{100'000, 1'000};
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{size / 2}}) {
        const Pickle pickle = disassemble_all(bytes, offset, budget);
        if (pickle.whole && pickle.end > size) std::abort();
    }
    return 0;
}
