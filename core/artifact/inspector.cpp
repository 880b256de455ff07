// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/inspector.hpp"

#include <string_view>
#include <utility>

#include "core/artifact/content.hpp"

namespace fstracker::artifact {

namespace {

// One more whenever the same bytes would be told otherwise: what is cached of earlier versions is asked again.
constexpr std::uint16_t kVersion = 1;

bool is_called_python(std::string_view path) { return path.ends_with(".py") || path.ends_with(".pyi"); }

bool is_any_text(Format format) {
    return format == Format::kText || format == Format::kCsv || format == Format::kJson || format == Format::kJsonl;
}

}  // namespace

digest::Inspector content_inspector(Parser parser) {
    digest::Inspector inspector;
    inspector.version = kVersion;
    inspector.inspect = [parser = std::move(parser)](int fd, std::uint64_t size) {
        std::optional<Content> known = recognise_file(fd, size);
        const Parsed told = known ? Parsed{std::move(*known)} : parser(fd, size);
        return digest::Inspection{static_cast<std::uint16_t>(told.content.format), details_text(told.content),
                                  told.lasting};
    };
    return inspector;
}

Parsed unreadable(std::string why) { return {Content{Format::kUnreadable, {}, std::move(why)}, false}; }

void describe_content(run::FileEntry& entry, const digest::Inspections& inspections) {
    if (!entry.digest) return;
    const std::uint16_t* kind = inspections.kind(*entry.digest);
    if (kind == nullptr || *kind > static_cast<std::uint16_t>(kLastFormat)) return;
    const auto format = static_cast<Format>(*kind);
    entry.format = is_any_text(format) && is_called_python(entry.path.bytes) ? "python" : to_word(format);
    const std::string* details = inspections.details(*entry.digest);
    if (details == nullptr) return;
    Content content = content_from(format, *details);
    entry.imports = std::move(content.imports);
    entry.unreadable = std::move(content.problem);
}

}  // namespace fstracker::artifact
