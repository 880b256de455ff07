// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.hpp"

#include <charconv>

#include <fmt/format.h>

#include "core/base/time.hpp"
#include "core/evidence/base64.hpp"
#include "core/evidence/text.hpp"

namespace fstracker::evidence {

namespace {

constexpr unsigned kDeepest = 32;

// How deep brackets nest, strings left out; the text need not be JSON.
bool too_deep(std::string_view text) {
    unsigned depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kDeepest) return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return false;
}

std::size_t first_difference(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
    return i;
}

template <typename T>
void append_number(std::string& out, T value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end.ptr);
}

}  // namespace

Result<Json> parse_canonical(std::string_view text, std::string_view what) {
    if (too_deep(text)) return fail(ErrorKind::kInvalid, fmt::format("{} nests deeper than {} levels", what, kDeepest));
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) {
        // Once more, for the place and the reason.
        try {
            value = Json::parse(text);
        } catch (const Json::exception& problem) {
            return fail(ErrorKind::kInvalid, fmt::format("{} is not JSON: {}", what, problem.what()),
                        "the file is damaged or is another file");
        }
    }
    std::string again;
    try {
        again = value.dump();
    } catch (const Json::exception& problem) {
        return fail(ErrorKind::kInvalid, fmt::format("{} is not JSON: {}", what, problem.what()));
    }
    if (again != text)
        return fail(
            ErrorKind::kInvalid,
            fmt::format("{} is JSON, but not in canonical form (at byte {})", what, first_difference(again, text)),
            "it was changed after it was written; a file that another tool made is brought into that form by "
            "'jq -cSj . FILE'");
    return value;
}

void JsonWriter::separate() {
    if (!first_ && !after_key_) out_.push_back(',');
    first_ = false;
    after_key_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_.push_back(bracket);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    out_.push_back(bracket);
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
}

JsonWriter& JsonWriter::base64(std::string_view bytes) {
    separate();
    out_.push_back('"');
    append_base64(out_, bytes);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::real(double value) {
    separate();
    out_ += Json(value).dump();
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::time(std::int64_t unix_nanoseconds) {
    separate();
    out_.push_back('"');
    out_ += base::format_time(unix_nanoseconds);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace fstracker::evidence
