// SPDX-License-Identifier: Apache-2.0
// errno as an Error: "WHAT: No such file or directory", with the kind that fits and a hint where one is known.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::base {

Error errno_error(int number, std::string_view what);

inline tl::unexpected<Error> fail_errno(int number, std::string_view what) { return fail(errno_error(number, what)); }

}  // namespace fstracker::base
