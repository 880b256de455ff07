// SPDX-License-Identifier: Apache-2.0
// A bundle file: read once, its signature checked over exactly the bytes that are parsed afterwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/event/event.hpp"
#include "core/evidence/bundle.hpp"
#include "core/verify/fault_list.hpp"

namespace fstracker::verify {

inline constexpr std::size_t kMostBundleBytes = std::size_t{256} << 20;

struct SignedFile {
    event::Sha256 digest{};  // of the file, byte for byte
    evidence::Bundle bundle;
};

// Nothing when no statement could be had from it; `name` says where the faults are. A regular file is required.
std::optional<SignedFile> read_signed_file(const std::string& path, const std::string& name, FaultList& faults);
// Of a file that has been read already.
std::optional<SignedFile> read_signed_bytes(std::string_view bytes, const std::string& name, FaultList& faults);

// Without a key that is a fault too: unchecked is never verified. True when the signature holds.
bool check_signature(const SignedFile& file, const std::string& name, const Options& options, FaultList& faults);

}  // namespace fstracker::verify
