// SPDX-License-Identifier: Apache-2.0
// Help for a person and the man pages, from one source: the declarations of the verbs.
#pragma once

#include <string>

#include "cli/verb.hpp"

namespace fstracker::cli {

// `track --help`.
std::string overview();
// `track VERB --help`, in at most `width` columns.
std::string verb_help(const Verb& verb, unsigned width);

// roff of track(1). Needs no clock: the same sources give the same page.
std::string man_page();

// The App with the verb's options, as both the help and the dispatch use it.
Action declare_verb(const Verb& verb, CLI::App& app, const Trailer& trailer);

}  // namespace fstracker::cli
