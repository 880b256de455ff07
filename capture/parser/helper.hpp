// SPDX-License-Identifier: Apache-2.0
// The helper: an execution of this program that gives up everything and then makes a process for each content that it
// is sent, which parses that content and ends. So no content can touch what is told of another.
#pragma once

namespace fstracker::capture {

// For main(), first of all.
bool is_parser(int argc, const char* const* argv);

// Serves requests until the recorder closes its end; the exit status of the process. Nothing else may have run in it.
int serve_parser();

}  // namespace fstracker::capture
