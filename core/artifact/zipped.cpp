// SPDX-License-Identifier: Apache-2.0
// What is in a zip archive: a model of PyTorch's (pickles), of Keras's, arrays of numpy's, or anything.
#include <algorithm>

#include "core/artifact/formats.hpp"
#include "core/artifact/pickle.hpp"
#include "core/artifact/zip.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostInflated = std::size_t{32} << 20;
constexpr std::size_t kMostPickles = 64;
constexpr std::size_t kMostArrays = 1024;

void note(Content& content, std::string_view problem) {
    if (content.problem.empty()) content.problem = problem;
}

void add_pickles(Bytes& archive, const ZipDirectory& directory, Content& content) {
    PickleBudget budget;
    std::size_t seen = 0;
    for (const ZipMember& member : directory.members) {
        if (!member.name.ends_with(".pkl")) continue;
        if (seen++ == kMostPickles) return note(content, "more pickles in it than are followed");
        const ZipBytes bytes = ZipBytes::open(archive, member, kMostInflated);
        if (bytes.get() != nullptr) add_to(content, disassemble_all(*bytes.get(), 0, budget));
        if (!bytes.problem().empty()) note(content, bytes.problem());
    }
}

// Arrays of objects are pickles. The header tells, so that of the others nothing else is inflated.
void add_arrays(Bytes& archive, const ZipDirectory& directory, Content& content) {
    constexpr std::size_t kFirstLook = 256;
    std::size_t seen = 0;
    for (const ZipMember& member : directory.members) {
        if (seen++ == kMostArrays) return note(content, "more arrays in it than are looked at");
        const auto look = [&](std::size_t most) -> std::optional<Content> {
            const ZipBytes bytes = ZipBytes::open(archive, member, most);
            if (bytes.get() == nullptr) {
                note(content, bytes.problem());
                return std::nullopt;
            }
            std::array<std::uint8_t, kFirstLook> head;
            const std::size_t have = bytes.get()->read(0, head);
            auto array = as_numpy(*bytes.get(), Head(head).first(have));
            if (array && most == kMostInflated && array->problem.empty()) array->problem = bytes.problem();
            return array;
        };
        auto array = look(kFirstLook);
        if (array && (!array->problem.empty() || !array->imports.empty())) array = look(kMostInflated);
        if (!array) continue;
        Pickle found;
        found.imports.insert(array->imports.begin(), array->imports.end());
        found.problem = array->problem;
        add_to(content, found);
    }
}

}  // namespace

bool begins_zip(Head head) {
    return head.size() >= 22 && head[0] == 'P' && head[1] == 'K' &&
           ((head[2] == 3 && head[3] == 4) || (head[2] == 5 && head[3] == 6));
}

std::optional<Content> as_zip(Bytes& bytes, Head head) {
    if (!begins_zip(head)) return std::nullopt;
    Content content;
    content.format = Format::kZip;
    const auto directory = read_zip(bytes);
    if (!directory) {
        content.problem = "its list of members is not there";
        return content;
    }
    content.problem = directory->problem;
    const auto& members = directory->members;
    const auto any = [&](auto test) { return std::any_of(members.begin(), members.end(), test); };
    const auto called = [](std::string_view name) { return [name](const ZipMember& m) { return m.name == name; }; };
    const bool arrays = !members.empty() && std::all_of(members.begin(), members.end(), [](const ZipMember& member) {
        return member.name.ends_with(".npy");
    });
    if (any([](const ZipMember& m) { return m.name == "data.pkl" || m.name.ends_with("/data.pkl"); })) {
        content.format = Format::kPytorch;
    } else if (any(called("config.json")) && any(called("metadata.json")) && any(called("model.weights.h5"))) {
        content.format = Format::kKeras;
    } else if (arrays) {
        content.format = Format::kNpz;
        add_arrays(bytes, *directory, content);
    }
    add_pickles(bytes, *directory, content);
    return content;
}

}  // namespace fstracker::artifact
