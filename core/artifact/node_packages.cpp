// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/node_packages.hpp"

#include "core/artifact/package_url.hpp"
#include "core/artifact/picked_json.hpp"
#include "core/base/durable_file.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;
constexpr std::size_t kLongestName = 256;

// name and version of the outermost object; nothing else is kept.
class PackageJson : public PickedJson {
  public:
    std::string name, version;

    bool string(string_t& value) override {
        if (depth() == 1 && key_ == "name") name = value;
        if (depth() == 1 && key_ == "version") version = value;
        return true;
    }
    bool key(string_t& value) override {
        if (depth() == 1) key_ = value;
        return true;
    }

  private:
    std::string key_;
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
