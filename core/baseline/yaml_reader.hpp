// SPDX-License-Identifier: Apache-2.0
// Mappings of text, of which baselines consist, read from YAML in one pass: a baseline may have a hundred thousand
// lines. Anchors, aliases, tags and sequences have no place in one and are faults.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::baseline {

class YamlReader {
  public:
    // `text` outlives it. `name` is for faults: "NAME:LINE: …".
    YamlReader(std::string_view text, std::string name);
    ~YamlReader();
    YamlReader(const YamlReader&) = delete;
    YamlReader& operator=(const YamlReader&) = delete;

    // The document, a mapping. Calls `entry` with each key; it has to take the key's value by text() or mapping().
    // After the first fault nothing is called any more, and every value is empty.
    Status document(const std::function<void(const std::string& key)>& entry);

    std::string text();
    // An empty value is an empty mapping. A key that is there twice is a fault.
    void mapping(const std::function<void(const std::string& key)>& entry);

    // A fault at the line of what was read last. The first one stays.
    void refuse(const std::string& what, const std::string& hint = {});
    [[nodiscard]] bool failed() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::baseline
