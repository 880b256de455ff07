// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/fields.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/evidence/text.hpp"

namespace fstracker::evidence {

namespace {

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kMost = 120;
    std::string out;
    append_json_string(out, text.substr(0, kMost));
    return out;
}

// Times of which the nanoseconds fit into 64 bits, in the one form that is written.
std::optional<std::int64_t> parse_canonical_time(std::string_view text) {
    if (text.size() != 30 || text < "1678" || text >= "2262") return std::nullopt;
    const auto time = base::parse_time(text);
    if (!time || base::format_time(*time) != text) return std::nullopt;
    return *time;
}

std::string_view type_of(const Json& value) {
    if (value.is_number_unsigned()) return "unsigned integer";
    if (value.is_number_integer()) return "integer";
    return value.type_name();
}

const Json& empty_object() {
    static const Json kEmpty = Json::object();
    return kEmpty;
}

}  // namespace

std::optional<event::Sha256> parse_sha256(std::string_view hex) {
    event::Sha256 digest{};
    if (hex.size() != 2 * digest.size()) return std::nullopt;
    const auto bytes = base::from_hex(hex);
    if (!bytes) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

void Faults::add(const std::string& place, const std::string& what) {
    if (!first_) first_ = place.empty() ? what : place + ": " + what;
}

Error Faults::error(std::string_view what) const {
    return Error{ErrorKind::kInvalid, fmt::format("{} is not as it should be: {}", what, first_.value_or("")),
                 "it was changed after it was written, or another version or tool made it"};
}

Fields::Fields(const Json& value, std::string place, Faults& faults)
    : value_(value.is_object() ? value : empty_object()), place_(std::move(place)), faults_(faults) {
    if (!value.is_object()) fault("is not an object");
}

std::string Fields::path_of(std::string_view name) const {
    return place_.empty() ? std::string(name) : fmt::format("{}.{}", place_, name);
}

const Json* Fields::take(const char* name, std::string_view type) {
    const auto found = value_.find(name);
    if (found == value_.end()) {
        fault(fmt::format("'{}' is missing", name));
        return nullptr;
    }
    ++taken_;
    names_.emplace_back(name);
    if (type_of(*found) == type) return &*found;
    fault_in(name, fmt::format("is not {} {}",
                               std::string_view("aou").find(type[0]) == std::string_view::npos ? "a" : "an", type));
    return nullptr;
}

std::string Fields::text(const char* name) {
    const Json* value = take(name, "string");
    return value != nullptr ? value->get<std::string>() : std::string();
}

std::uint64_t Fields::number(const char* name, std::uint64_t most) {
    const Json* value = take(name, "unsigned integer");
    if (value == nullptr) return 0;
    const auto number = value->get<std::uint64_t>();
    if (number > most) fault_in(name, fmt::format("{} is more than {}", number, most));
    return number;
}

std::int32_t Fields::integer32(const char* name) {
    const bool negative = has(name) && type_of(value_[name]) == "integer";
    const Json* value = take(name, negative ? "integer" : "unsigned integer");
    if (value == nullptr) return 0;
    const bool fits = negative ? value->get<std::int64_t>() >= INT32_MIN : value->get<std::uint64_t>() <= INT32_MAX;
    if (!fits) fault_in(name, "does not fit into 32 bits");
    return fits ? value->get<std::int32_t>() : 0;
}

double Fields::real(const char* name) {
    const Json* value = take(name, "number");
    return value != nullptr ? value->get<double>() : 0;
}

std::int64_t Fields::time(const char* name) {
    const Json* value = take(name, "string");
    if (value == nullptr) return 0;
    const auto time = parse_canonical_time(value->get_ref<const std::string&>());
    if (!time) fault_in(name, "is not a time as 2026-01-02T03:04:05.000000006Z");
    return time.value_or(0);
}

bool Fields::boolean(const char* name) {
    const Json* value = take(name, "boolean");
    return value != nullptr && value->get<bool>();
}

bool Fields::flag(const char* name) {
    if (!has(name)) return false;
    if (!boolean(name)) fault_in(name, "is written only when true");
    return true;
}

event::Sha256 Fields::sha256(const char* name) {
    const Json* value = take(name, "string");
    if (value == nullptr) return {};
    const auto digest = parse_sha256(value->get_ref<const std::string&>());
    if (!digest) fault_in(name, "is not a SHA-256 in 64 lower-case hexadecimal digits");
    return digest.value_or(event::Sha256{});
}

event::Sha256 Fields::digest() {
    Fields fields = object("digest");
    const event::Sha256 digest = fields.sha256("sha256");
    fields.finish();
    return digest;
}

Fields Fields::object(const char* name) {
    const Json* value = take(name, "object");
    return Fields(value != nullptr ? *value : empty_object(), path_of(name), faults_);
}

void Fields::array(const char* name, const std::function<void(const Json&, const std::string&)>& each) {
    const Json* value = take(name, "array");
    if (value == nullptr) return;
    const std::string path = path_of(name);
    for (std::size_t i = 0; i < value->size() && !faults_.any(); ++i) each((*value)[i], fmt::format("{}[{}]", path, i));
}

void Fields::members(const char* name,
                     const std::function<void(const std::string&, const Json&, const std::string&)>& each) {
    const Json* value = take(name, "object");
    if (value == nullptr) return;
    for (const auto& [key, member] : value->items()) each(key, member, path_of(name) + "." + in_quotes(key));
}

std::vector<std::string> Fields::texts(const char* name) {
    std::vector<std::string> texts;
    array(name, [&](const Json& value, const std::string& place) {
        if (value.is_string())
            texts.push_back(value.get<std::string>());
        else
            faults_.add(place, "is not a string");
    });
    return texts;
}

void Fields::exactly(const char* name, std::string_view wanted) {
    const Json* value = take(name, "string");
    if (value == nullptr) return;
    const auto& is = value->get_ref<const std::string&>();
    if (is != wanted) fault_in(name, fmt::format("is {}, and not \"{}\"", in_quotes(is), wanted));
}

bool Fields::has(const char* name) const { return value_.contains(name); }

void Fields::finish() {
    if (taken_ == value_.size()) return;
    for (const auto& [key, member] : value_.items())
        if (std::find(names_.begin(), names_.end(), key) == names_.end())
            fault("has an unknown field " + in_quotes(key));
}

}  // namespace fstracker::evidence
