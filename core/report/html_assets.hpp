// SPDX-License-Identifier: Apache-2.0
// What the HTML report is drawn with. Each stands in the page as it is, and its digest in the page's policy.
#pragma once

#include <string_view>

namespace fstracker::report {

std::string_view html_style();
// Sorts and filters tables; the page says all without it.
std::string_view html_script();

}  // namespace fstracker::report
