// SPDX-License-Identifier: Apache-2.0
#include "daemon/configuration.hpp"

#include <bit>
#include <functional>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "core/base/durable_file.hpp"

namespace fstracker::daemon {

namespace {

// One place of the file that is wrong.
struct Fault {
    YAML::Mark mark;
    std::string what;
};

using Reader = std::function<void(const YAML::Node&)>;
using Keys = std::map<std::string_view, Reader>;

Reader text(std::string& into) {
    return [&into](const YAML::Node& node) {
        if (!node.IsScalar()) throw Fault{node.Mark(), "a text is expected"};
        into = node.Scalar();
    };
}

Reader path(std::string& into) {
    return [&into](const YAML::Node& node) {
        text(into)(node);
        if (!into.starts_with('/')) throw Fault{node.Mark(), "an absolute path is expected"};
    };
}

Reader number(std::uint64_t& into, std::uint64_t least, std::uint64_t most) {
    return [&into, least, most](const YAML::Node& node) {
        if (!node.IsScalar() || !YAML::convert<std::uint64_t>::decode(node, into) || into < least || into > most)
            throw Fault{node.Mark(), fmt::format("a number from {} to {} is expected", least, most)};
    };
}

void read(const YAML::Node& node, const Keys& keys) {
    if (node.IsNull()) return;
    if (!node.IsMap()) throw Fault{node.Mark(), "keys with values are expected"};
    std::map<std::string, bool> seen;
    for (const auto& entry : node) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
        const auto known = keys.find(key);
        if (known == keys.end()) throw Fault{entry.first.Mark(), fmt::format("there is no key '{}'", key)};
        if (seen[key]) throw Fault{entry.first.Mark(), fmt::format("'{}' is there twice", key)};
        seen[key] = true;
        known->second(entry.second);
    }
}

constexpr std::uint64_t kMostRuns = 63;  // places in the kernel side

}  // namespace

Result<Configuration> parse_configuration(const std::string& text_of_file, const std::string& name) {
    Configuration configuration;
    const auto limits = [&](const YAML::Node& node) {
        auto& limit = configuration.limits;
        constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
        read(node, {{"runs", number(limit.runs, 1, kMostRuns)},
                    {"runs_of_user", number(limit.runs_of_user, 1, kMostRuns)},
                    {"project_bytes", number(limit.given_bytes, 0, kMostBytes)}});
    };
    const auto ring = [&](const YAML::Node& node) {
        constexpr std::uint64_t kLeast = 4096, kMost = std::uint64_t{1} << 30;
        number(configuration.ring_bytes, kLeast, kMost)(node);
        if (!std::has_single_bit(configuration.ring_bytes)) throw Fault{node.Mark(), "a power of two is expected"};
    };
    try {
        read(YAML::Load(text_of_file), {{"socket", path(configuration.socket)},
                                        {"group", text(configuration.group)},
                                        {"store", path(configuration.store)},
                                        {"cache", path(configuration.cache)},
                                        {"key", path(configuration.key)},
                                        {"rules", path(configuration.rules)},
                                        {"pins", path(configuration.pins)},
                                        {"backend", text(configuration.backend)},
                                        {"ring_bytes", ring},
                                        {"limits", limits}});
    } catch (const Fault& fault) {
        return fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", name, fault.mark.line + 1, fault.what),
                    "docs/service.md lists the keys");
    } catch (const YAML::Exception& problem) {
        return fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", name, problem.mark.line + 1, problem.msg));
    }
    return configuration;
}

Result<Configuration> read_configuration(const std::string& path) {
    constexpr std::size_t kMostBytes = std::size_t{1} << 20;
    auto text = base::read_regular_file(path, kMostBytes);
    if (!text) return fail(text.error());
    return parse_configuration(*text, path);
}

}  // namespace fstracker::daemon
