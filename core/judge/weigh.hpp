// SPDX-License-Identifier: Apache-2.0
// How serious one difference from a baseline is, by what kind of file it is about and where that lies. The table of
// docs/baselines.md in code.
#pragma once

#include <string>
#include <vector>

#include "core/baseline/differences.hpp"
#include "core/judge/verdict.hpp"

namespace fstracker::judge {

struct Weight {
    Level level = Level::kInformational;
    std::string
        family;  // "execution", "libraries", "models", "data", "credentials", "network", "resources", "integrity"
    std::vector<std::string> atlas, attack;
};

// Of a stable baseline, before surprise and maturity are taken into account.
Weight weight_of(const baseline::Difference& difference);

// The package, without version, under which the difference is told together with its others: one that is another
// version than the step had, or that it never had. Empty: it is told by itself, as is what the package's list denies
// and what every interpreter executes.
std::string package_of(const baseline::Difference& difference);

// Of a model or dataset of the Hugging Face Hub. That a blob there is what it is called tells that nobody changed it, and
// not who made it: another revision is never explained by that alone.
bool is_of_the_hub(const baseline::Difference& difference);

// Programs that copy, pack or send files and are no part of a computation.
bool moves_files(std::string_view program);

}  // namespace fstracker::judge
