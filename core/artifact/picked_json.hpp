// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace fstracker::artifact {

// Reads JSON of any length without keeping it: a reader overrides what it picks. Bad JSON ends the reading.
class PickedJson : public nlohmann::json_sax<nlohmann::json> {
  public:
    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(number_integer_t /*value*/) override { return true; }
    bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
    bool binary(binary_t& /*value*/) override { return true; }
    bool start_object(std::size_t /*elements*/) override { return ++depth_ > 0; }
    bool end_object() override { return --depth_ >= 0; }
    bool start_array(std::size_t /*elements*/) override { return ++depth_ > 0; }
    bool end_array() override { return --depth_ >= 0; }
    bool parse_error(std::size_t /*at*/, const std::string& /*last*/, const nlohmann::detail::exception&) override {
        return false;
    }

  protected:
    [[nodiscard]] int depth() const { return depth_; }  // 1 in the outermost object or array

  private:
    int depth_ = 0;
};

}  // namespace fstracker::artifact
