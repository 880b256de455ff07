// SPDX-License-Identifier: Apache-2.0
// Any bytes as a path in a Hugging Face cache, as a record of conda and as git's configuration: what is told is a
// package URL, or nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/artifact/conda_packages.hpp"
#include "core/artifact/git_lfs.hpp"
#include "core/artifact/hub_cache.hpp"

namespace {

void check_url(std::string_view url, std::string_view start) {
    if (!url.starts_with(start)) std::abort();
    for (const char c : url)
        if (c <= ' ' || c >= 0x7F) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::artifact;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto place = hub_place_of(text)) {
        if (!text.starts_with(place->folder) || place->revision.empty() == place->blob.empty()) std::abort();
        check_url(hub_url(place->folder, place->revision), "pkg:huggingface/");
    }
    if (const auto record = read_conda_record(text, {"bin/a", "site-packages/a.py"})) {
        check_url(record->url, "pkg:conda/");
        if (record->files.size() > 2) std::abort();
    }
    if (const std::string url = repository_url(text); !url.empty()) check_url(url, "pkg:");
    return 0;
}
