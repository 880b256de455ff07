// SPDX-License-Identifier: Apache-2.0
// The event log's lines: one JSON object an event, as docs/events.md describes. Bytes that are not UTF-8 travel
// percent-encoded (and '%' as %25), so a line is lossless for every event whose fields are in the ranges that event.hpp
// and decode() give them.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::event {

// Appends one line, its newline included.
void append_line(std::string& out, const Event& event);

// The reverse; the newline may be missing. Unknown keys, missing keys and values out of range are errors: a log has one form.
Result<Event> parse_line(std::string_view line);

}  // namespace fstracker::event
