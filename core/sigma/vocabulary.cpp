// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace fstracker::sigma {
namespace {

constexpr std::array<std::string_view, kSources> kCategories = {
    "process_creation",   "file_event", "file_access", "file_rename", "file_delete", "image_load",
    "network_connection", "artifact",   "volume",      "lineage",     "integrity"};

constexpr std::array<std::string_view, kFields> kNames = {"Image",
                                                          "ParentImage",
                                                          "AncestorImage",
                                                          "CommandLine",
                                                          "ParentCommandLine",
                                                          "CurrentDirectory",
                                                          "User",
                                                          "LogonId",
                                                          "ProcessId",
                                                          "ParentProcessId",
                                                          "TargetFilename",
                                                          "SourceFilename",
                                                          "ImageLoaded",
                                                          "DestinationIp",
                                                          "DestinationPort",
                                                          "DestinationHostname",
                                                          "Initiated",
                                                          "Protocol",
                                                          "Access",
                                                          "Role",
                                                          "Format",
                                                          "Owner",
                                                          "OwnerVerified",
                                                          "Digest",
                                                          "Binding",
                                                          "Baseline",
                                                          "Surprise",
                                                          "ImportsOf",
                                                          "Reads",
                                                          "Bytes",
                                                          "Step",
                                                          "Pipeline",
                                                          "Unreadable",
                                                          "Kind",
                                                          "Message",
                                                          "Volume",
                                                          "Value",
                                                          "Median",
                                                          "Ratio",
                                                          "Was",
                                                          "FromStep",
                                                          "FromRun"};
static_assert(!kNames.back().empty() && !kCategories.back().empty(), "a name for each");

}  // namespace

std::string_view category_of(Source source) { return kCategories[static_cast<std::size_t>(source)]; }

std::string_view product_of(Source source) { return source < Source::kArtifact ? "linux" : "fstracker"; }

std::string_view name_of(Field field) { return kNames[static_cast<std::size_t>(field)]; }

std::optional<Field> find_field(std::string_view name) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<Field>(found - kNames.begin());
}

bool covers(const LogSource& wanted, Source source) {
    return wanted.service.empty() && (wanted.category.empty() || wanted.category == category_of(source)) &&
           (wanted.product.empty() || wanted.product == product_of(source)) &&
           !(wanted.category.empty() && wanted.product.empty());
}

std::string to_text(const LogSource& source) {
    std::string text = source.product.empty() ? "*" : source.product;
    text += '/' + (source.category.empty() ? "*" : source.category);
    return source.service.empty() ? text : text + '/' + source.service;
}

}  // namespace fstracker::sigma
