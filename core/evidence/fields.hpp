// SPDX-License-Identifier: Apache-2.0
// Strict reading of a parsed JSON object: each field is taken once, with its type; what nobody took is an error. The
// first fault is kept, with the place it is in, and everything after it is moot: callers read on and ask once, at the
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/event/event.hpp"
#include "core/evidence/json.hpp"

namespace fstracker::evidence {

// The first fault of a document.
class Faults {
  public:
    void add(const std::string& place, const std::string& what);
    [[nodiscard]] bool any() const { return first_.has_value(); }
    // `what` names the document.
    [[nodiscard]] Error error(std::string_view what) const;

  private:
    std::optional<std::string> first_;
};

// One object of the document. Destroyed before the Faults and the Json that it refers to.
class Fields {
  public:
    Fields(const Json& value, std::string place, Faults& faults);

    // Fields that must be there.
    std::string text(const char* name);
    std::uint64_t number(const char* name, std::uint64_t most = UINT64_MAX);
    std::int32_t integer32(const char* name);
    double real(const char* name);
    std::int64_t time(const char* name);
    bool boolean(const char* name);
    event::Sha256 sha256(const char* name);  // 64 hexadecimal digits
    event::Sha256 digest();                  // "digest": {"sha256": …}
    Fields object(const char* name);
    std::vector<std::string> texts(const char* name);
    void exactly(const char* name, std::string_view wanted);
    // Calls `each` for every element, with its place ("fileAccess[3]").
    void array(const char* name, const std::function<void(const Json&, const std::string& place)>& each);
    // Calls `each` for every member of an object with free keys.
    void members(const char* name,
                 const std::function<void(const std::string& key, const Json&, const std::string& place)>& each);

    // Whether an optional field is there; the calls above then read it.
    [[nodiscard]] bool has(const char* name) const;
    // `true`, or absent: the one form that a flag has.
    bool flag(const char* name);

    // Names the fields that nobody took. Call it last.
    void finish();

    [[nodiscard]] const std::string& place() const { return place_; }
    void fault(const std::string& what) { faults_.add(place_, what); }
    void fault_in(const char* name, const std::string& what) { faults_.add(path_of(name), what); }

  private:
    const Json* take(const char* name, std::string_view type);
    [[nodiscard]] std::string path_of(std::string_view name) const;

    const Json& value_;
    std::string place_;
    Faults& faults_;
    std::size_t taken_ = 0;
    std::vector<std::string_view> names_;
};

std::optional<event::Sha256> parse_sha256(std::string_view hex);

}  // namespace fstracker::evidence
