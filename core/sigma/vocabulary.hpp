// SPDX-License-Identifier: Apache-2.0
// The words of our events that rules are written in: log sources and field names. Both are closed lists, so that a rule
// that asks for anything else is told so when it is loaded, and judging compares numbers instead of names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fstracker::sigma {

// Product linux down to network_connection, product fstracker from artifact on. Add at the end, and to the table.
enum class Source : std::uint8_t {
    kProcessCreation,
    kFileEvent,
    kFileAccess,
    kFileRename,
    kFileDelete,
    kImageLoad,
    kNetworkConnection,
    kArtifact,
    kVolume,
    kLineage,
    kIntegrity,
};
constexpr std::size_t kSources = 11;

std::string_view category_of(Source source);  // "process_creation", …
std::string_view product_of(Source source);   // "linux" or "fstracker"

// What an event can have. The name of kImage is "Image", and so on: names are compared with their case, as Sigma does.
enum class Field : std::uint8_t {
    kImage,
    kParentImage,
    kAncestorImage,
    kCommandLine,
    kParentCommandLine,
    kCurrentDirectory,
    kUser,
    kLogonId,
    kProcessId,
    kParentProcessId,
    kTargetFilename,
    kSourceFilename,
    kImageLoaded,
    kDestinationIp,
    kDestinationPort,
    kDestinationHostname,
    kInitiated,
    kProtocol,
    kAccess,
    kRole,
    kFormat,
    kOwner,
    kOwnerVerified,
    kDigest,
    kBinding,
    kBaseline,
    kSurprise,
    kImportsOf,
    kReads,
    kBytes,
    kStep,
    kPipeline,
    kUnreadable,
    kKind,
    kMessage,
    kVolume,
    kValue,
    kMedian,
    kRatio,
    kWas,
    kFromStep,
    kFromRun,
};
constexpr std::size_t kFields = 42;

std::string_view name_of(Field field);
std::optional<Field> find_field(std::string_view name);

// What a rule's `logsource` says; an empty word is one that it leaves out.
struct LogSource {
    std::string category;
    std::string product;
    std::string service;
    bool operator==(const LogSource&) const = default;
};

// Whether events of this source are among those that the log source selects: each word that it has is the event's.
// None of our events has a service.
bool covers(const LogSource& wanted, Source source);
// "linux/process_creation", "linux/*/auditd".
std::string to_text(const LogSource& source);

}  // namespace fstracker::sigma
