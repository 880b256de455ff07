// SPDX-License-Identifier: Apache-2.0
// Secrets in arguments, taken out before anything is written. What looks like one becomes "[redacted]": the value of an
// option or variable whose name says so (--password X, --api-key=X, GITHUB_TOKEN=X), keys of well-known shape wherever
// they stand, the user and password of a URL, bearer tokens, private keys in PEM. A guess by nature: a secret that
// looks like an ordinary word after an ordinary option stays. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fstracker::event {

inline constexpr std::string_view kRedacted = "[redacted]";

// kCut: the text may end in the middle of a secret, so less of a key's shape is enough at its end.
enum class Ending { kWhole, kCut };

// One text, such as an argument or a shell's whole script: secrets within it, each up to the next space or quote.
std::string redact(std::string_view text, Ending ending = Ending::kWhole);

// An argument vector: each argument as above, and the argument after an option that announces a secret. `ending` is
// that of the last one.
void redact(std::vector<std::string>& arguments, Ending ending = Ending::kWhole);

}  // namespace fstracker::event
