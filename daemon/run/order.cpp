// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/order.hpp"

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/hex.hpp"

namespace fstracker::daemon {

namespace {

using nlohmann::json;

// Paths and arguments are any bytes: JSON carries them as hexadecimal digits.
std::string hex(const std::string& bytes) {
    return base::to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

std::string bytes(const json& value) {
    const auto decoded = base::from_hex(value.get<std::string>());
    if (!decoded) throw json::other_error::create(501, "hexadecimal digits are expected", nullptr);
    return std::string(decoded->begin(), decoded->end());
}

// Each field once, for both directions.
template <typename Order, typename Field>
void visit(Order& o, Field field) {
    field("run", o.run);
    field("store", o.store_root);
    field("cache", o.cache_file);
    field("key", o.key_path);
    field("rules", o.rules);
    field("kernelPins", o.kernel_pins);
    field("runPins", o.run_pins);
    field("number", o.number);
    field("missedBefore", o.missed_before);
    field("clockOffset", o.clock_offset);
    field("started", o.started);
    field("uid", o.uid);
    field("gid", o.gid);
    field("pid", o.pid);
    field("pidStarted", o.pid_started);
    field("command", o.command);
    field("pipeline", o.pipeline);
    field("step", o.step);
    field("digest", o.digest);
    field("project", o.project);
    field("here", o.here);
    field("after", o.after);
    field("selector", o.selector);
    field("backend", o.backend);
}

constexpr std::array<const char*, 6> kKinds = {"armed", "refused", "phase", "finding", "outcome", "nothing"};

std::string dump(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string to_text(const Order& order) {
    json object;
    visit(order, [&](const char* name, const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) {
            object[name] = hex(value);
        } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
            object[name] = json::array();
            for (const std::string& one : value) object[name].push_back(hex(one));
        } else {
            object[name] = value;
        }
    });
    return dump(object);
}

Result<Order> read_order(const std::string& text) {
    Order order;
    try {
        const json object = json::parse(text);
        visit(order, [&](const char* name, auto& value) {
            using Value = std::remove_cvref_t<decltype(value)>;
            const json& member = object.at(name);
            if constexpr (std::is_same_v<Value, std::string>) {
                value = bytes(member);
            } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
                for (const json& one : member) value.push_back(bytes(one));
            } else {
                value = member.get<Value>();
            }
        });
    } catch (const json::exception& problem) {
        return fail(ErrorKind::kInvalid, std::string("an order that cannot be read: ") + problem.what());
    }
    return order;
}

std::string to_text(const WorkerWord& word) {
    json problems = json::array();
    for (const auto& [message, hint] : word.problems) problems.push_back({{"message", message}, {"hint", hint}});
    return dump({{"kind", kKinds[static_cast<std::size_t>(word.kind)]},
                 {"message", word.message},
                 {"hint", word.hint},
                 {"phase", word.phase},
                 {"finding", word.finding},
                 {"exitCode", word.exit_code},
                 {"directory", hex(word.directory)},
                 {"summary", word.summary},
                 {"problems", std::move(problems)}});
}

Result<WorkerWord> read_word(const std::string& text) {
    WorkerWord word;
    try {
        const json object = json::parse(text);
        const auto kind = object.at("kind").get<std::string>();
        std::size_t which = 0;
        while (which < kKinds.size() && kind != kKinds[which]) ++which;
        if (which == kKinds.size()) return fail(ErrorKind::kInvalid, "a worker said a word that there is not: " + kind);
        word.kind = static_cast<WorkerWord::Kind>(which);
        word.message = object.at("message").get<std::string>();
        word.hint = object.at("hint").get<std::string>();
        word.phase = object.at("phase").get<std::string>();
        word.finding = object.at("finding").get<std::string>();
        word.exit_code = object.at("exitCode").get<int>();
        word.directory = bytes(object.at("directory"));
        word.summary = object.at("summary").get<std::string>();
        for (const json& one : object.at("problems"))
            word.problems.emplace_back(one.at("message").get<std::string>(), one.at("hint").get<std::string>());
    } catch (const json::exception& problem) {
        return fail(ErrorKind::kInvalid, std::string("a worker said what cannot be read: ") + problem.what());
    }
    return word;
}

}  // namespace fstracker::daemon
