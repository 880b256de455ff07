// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/node_packages.hpp"

#include <nlohmann/json.hpp>

#include "core/artifact/package_url.hpp"
#include "core/base/durable_file.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;
constexpr std::size_t kLongestName = 256;

// name and version of the outermost object; nothing else is kept.
class PackageJson : public nlohmann::json_sax<nlohmann::json> {
  public:
    std::string name, version;

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(number_integer_t /*value*/) override { return true; }
    bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
    bool binary(binary_t& /*value*/) override { return true; }
    bool string(string_t& value) override {
        if (depth_ == 1 && key_ == "name") name = value;
        if (depth_ == 1 && key_ == "version") version = value;
        return true;
    }
    bool start_object(std::size_t /*elements*/) override { return ++depth_ > 0; }
    bool end_object() override { return --depth_ >= 0; }
    bool start_array(std::size_t /*elements*/) override { return ++depth_ > 0; }
    bool end_array() override { return --depth_ >= 0; }
    bool key(string_t& value) override {
        if (depth_ == 1) key_ = value;
        return true;
    }
    bool parse_error(std::size_t /*at*/, const std::string& /*last*/, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    std::string key_;
    int depth_ = 0;
};

}  // namespace

std::string_view node_folder_of(std::string_view path) {
    constexpr std::string_view kModules = "/node_modules/";
    const std::size_t at = path.rfind(kModules);
    if (at == std::string_view::npos) return {};
    std::size_t end = path.find('/', at + kModules.size());
    const bool scoped = path.substr(at + kModules.size()).starts_with('@');
    if (scoped && end != std::string_view::npos) end = path.find('/', end + 1);
    return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

std::string node_package_url(const std::string& folder) {
    const auto text = base::read_regular_file(folder + "/package.json", kLongest);
    PackageJson package;
    if (!text || !nlohmann::json::sax_parse(*text, &package)) return {};
    if (package.name.empty() || package.name.size() > kLongestName || package.version.size() > kLongestName) return {};
    return package_url("npm", package.name, package.version);
}

}  // namespace fstracker::artifact
