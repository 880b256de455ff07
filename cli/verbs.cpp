// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "cli/verb.hpp"

namespace fstracker::cli {

const std::vector<const Verb*>& all_verbs() {
    static const std::vector<const Verb*> kVerbs = {&kRunVerb,   &kReportVerb, &kVerifyVerb,  &kShowVerb,
                                                    &kRunsVerb,  &kDiffVerb,   &kLineageVerb, &kBaselineVerb,
                                                    &kRulesVerb, &kKeysVerb,   &kStatusVerb,  &kDoctorVerb};
    return kVerbs;
}

const Verb* find_verb(const std::string& name) {
    const auto& verbs = all_verbs();
    const auto found =
        std::find_if(verbs.begin(), verbs.end(), [&name](const Verb* verb) { return name == verb->name; });
    return found == verbs.end() ? nullptr : *found;
}

bool is_future_verb(const std::string& name) {
    constexpr std::array<std::string_view, 1> kNames = {"attest"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace fstracker::cli
