// SPDX-License-Identifier: Apache-2.0
// Canonical JSON: keys sorted by their bytes, no insignificant space, UTF-8, integers as integers. One value has one
// text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.hpp"

namespace fstracker::evidence {

using Json = nlohmann::json;

// Reads a text and refuses any that is not canonical: a repeated key, space, an escape that need not be. `what` names
// the text in errors. Never throws; nesting deeper than 32 is refused before anything is parsed.
Result<Json> parse_canonical(std::string_view text, std::string_view what);

// Appends canonical JSON piece by piece, for tables that are too long to be built as values first. The caller gives
// keys in their order; debug builds and the tests hold that against parse_canonical.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);

    // Text that is valid UTF-8. Other bytes are written percent-encoded, see text.hpp.
    JsonWriter& string(std::string_view text);
    // Bytes as a string of base64.
    JsonWriter& base64(std::string_view bytes);
    JsonWriter& number(std::uint64_t value);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& real(double value);
    JsonWriter& boolean(bool value);
    JsonWriter& time(std::int64_t unix_nanoseconds);
    // A value that is canonical JSON already.
    JsonWriter& raw(std::string_view json);

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();

    std::string& out_;
    bool first_ = true;
    bool after_key_ = false;
};

}  // namespace fstracker::evidence
