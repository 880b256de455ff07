// SPDX-License-Identifier: Apache-2.0
// Names and mitigations of MITRE ATLAS, as of its data's release 5.6 (github.com/mitre-atlas/atlas-data,
// dist/ATLAS.yaml): which mitigation is listed for which technique. Facts of ATLAS alone: a technique that it lists
// none for has none here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fstracker::judge {

inline constexpr std::string_view kAtlasVersion = "5.6.0";

// "Unsafe AI Artifacts" of AML.T0011.000; empty for one that is not known here.
std::string_view atlas_technique_name(std::string_view id);
// "Restrict Library Loading" of AML.M0011; likewise.
std::string_view atlas_mitigation_name(std::string_view id);

// The mitigations of these techniques by id, each once, sorted. A part of a technique that has none of its own has the
// technique's.
std::vector<std::string> atlas_mitigations(const std::vector<std::string>& technique_ids);

}  // namespace fstracker::judge
