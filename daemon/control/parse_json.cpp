// SPDX-License-Identifier: Apache-2.0
// nlohmann's parser with a builder of our own, which stops at the limits while it builds.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "daemon/control/envelope.hpp"

namespace fstracker::control {

namespace {

using nlohmann::json;

class Builder {
  public:
    explicit Builder(const MessageLimits& limits) : limits_(limits) {}

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double value, const std::string&) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(json::binary_t&) { return stop("binary"); }
    bool start_object(std::size_t) { return open(json::object()); }
    bool start_array(std::size_t) { return open(json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        if (open_.back()->contains(name)) return stop("a key is there twice");
        slot_ = &(*open_.back())[std::move(name)];
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) {
        return stop(fmt::format("no JSON at byte {}", position));
    }

    [[nodiscard]] std::string& why() { return why_; }
    [[nodiscard]] json& root() { return root_; }

  private:
    bool stop(std::string why) {
        if (why_.empty()) why_ = std::move(why);
        return false;
    }

    // Where the next value goes: the root, an array's end, or what key() made.
    json* place(json&& value) {
        if (++values_ > limits_.values) return nullptr;
        if (open_.empty()) return &(root_ = std::move(value));
        if (open_.back()->is_object()) return &(*slot_ = std::move(value));
        open_.back()->push_back(std::move(value));
        return &open_.back()->back();
    }

    bool add(json&& value) {
        return place(std::move(value)) != nullptr || stop(fmt::format("more than {} values", limits_.values));
    }

    bool open(json&& container) {
        if (open_.size() >= limits_.depth) return stop(fmt::format("nested deeper than {}", limits_.depth));
        json* here = place(std::move(container));
        if (here == nullptr) return stop(fmt::format("more than {} values", limits_.values));
        open_.push_back(here);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    const MessageLimits& limits_;
    json root_;
    std::vector<json*> open_;  // what has begun and not ended; none of them moves while it is open
    json* slot_ = nullptr;
    std::size_t values_ = 0;
    std::string why_;
};

}  // namespace

tl::expected<json, std::string> parse_json(std::string_view text, const MessageLimits& limits) {
    Builder builder(limits);
    if (json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root());
    return tl::unexpected(std::move(builder.why()));
}

}  // namespace fstracker::control
