// SPDX-License-Identifier: Apache-2.0
// Whether a content is a pickle: from protocol 2 on it says so; before, it is one when it can be read as one.
#include <algorithm>
#include <array>

#include "core/artifact/formats.hpp"
#include "core/artifact/pickle.hpp"

namespace fstracker::artifact {

namespace {

// torch.save before 1.6: PROTO 2, then its magic number as LONG1.
constexpr std::array<std::uint8_t, 15> kTorchMagic = {0x80, 2,    0x8A, 10,   0x6C, 0xFC, 0x9C, 0x46,
                                                      0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, '.'};

// So many opcodes in a row do not come about by chance.
constexpr std::uint64_t kNoChance = 12;

// With these a pickle of protocol 0 or 1 may begin.
constexpr std::string_view kFirstOpcodes = "(])}NIJKLMFGSTUVXcP2";

bool begins_like_one(Head head) {
    if (head.size() < 2) return false;
    return begins_pickle(head[0], head[1]) || kFirstOpcodes.find(static_cast<char>(head[0])) != std::string_view::npos;
}

}  // namespace

bool may_be_pickle(Bytes& bytes, Head head) {
    if (!begins_like_one(head)) return false;
    PickleBudget budget;
    const Pickle pickle = disassemble(bytes, 0, budget);
    return pickle.whole || pickle.calls || pickle.end >= bytes.size();
}

std::optional<Content> as_pickle(Bytes& bytes, Head head) {
    if (!begins_like_one(head)) return std::nullopt;
    const bool says_so = begins_pickle(head[0], head[1]);

    PickleBudget budget;
    const Pickle pickle = says_so ? disassemble_all(bytes, 0, budget) : disassemble(bytes, 0, budget);
    const bool to_the_end = pickle.whole && (says_so || pickle.end >= bytes.size());
    if (!to_the_end && !pickle.calls && !(says_so && (pickle.opcodes >= kNoChance || !pickle.imports.empty())))
        return std::nullopt;
    if (!says_so && pickle.calls && pickle.imports.empty()) return std::nullopt;

    Content content;
    const bool joblib = std::any_of(pickle.imports.begin(), pickle.imports.end(),
                                    [](const std::string& name) { return name.starts_with("joblib."); });
    const bool torch =
        head.size() >= kTorchMagic.size() && std::equal(kTorchMagic.begin(), kTorchMagic.end(), head.begin());
    content.format = torch ? Format::kTorchLegacy : joblib ? Format::kJoblib : Format::kPickle;
    add_to(content, pickle);
    return content;
}

}  // namespace fstracker::artifact
