// SPDX-License-Identifier: Apache-2.0
// Typed messages to JSON and back, by the fields that fields.hpp names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "core/evidence/text.hpp"
#include "daemon/control/fields.hpp"

namespace fstracker::control {

// Of parameters, which are refused, and of replies, which a later service may have added to.
enum class UnknownFields { kRefuse, kIgnore };

// The field that is missing, of another type, out of range or unknown: "files[3].offset".
struct BadField {
    std::string name;
};

namespace wire {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
nlohmann::json write(const T& value) {
    if constexpr (IsVector<T>::value) {
        auto list = nlohmann::json::array();
        for (const auto& element : value) list.push_back(write(element));
        return list;
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return evidence::percent_encode(value.bytes);
    } else if constexpr (std::is_same_v<T, DescriptorIndex>) {
        return value.index;
    } else if constexpr (std::is_same_v<T, JsonObject>) {
        return nlohmann::json::parse(value.text, nullptr, false);
    } else if constexpr (std::is_enum_v<T>) {
        return Words<T>::kWords.at(static_cast<std::size_t>(value));
    } else if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string>) {
        auto object = nlohmann::json::object();
        visit(value, [&object](const char* name, const auto& member) {
            using Member = std::remove_cvref_t<decltype(member)>;
            if constexpr (IsOptional<Member>::value) {
                if (member) object[name] = write(*member);
            } else {
                object[name] = write(member);
            }
        });
        return object;
    } else {
        return value;
    }
}

class Reader {
  public:
    Reader(std::size_t descriptors, UnknownFields unknown) : descriptors_(descriptors), unknown_(unknown) {}

    // Of the first field that could not be read.
    [[nodiscard]] const std::string& bad_field() const { return bad_; }

    template <typename T>
    bool read(const nlohmann::json& json, T& value, const std::string& name) {
        return read_value(json, value, name) || (bad_.empty() && refuse(name));
    }

  private:
    bool refuse(const std::string& name) {
        if (bad_.empty()) bad_ = name;
        return false;
    }

    template <typename T>
    bool read_value(const nlohmann::json& json, T& value, const std::string& name) {
        if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean()) return false;
            value = json.get<bool>();
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!json.is_string()) return false;
            value = json.get_ref<const std::string&>();
        } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>) {
            // Varlink's integers have 64 bits and a sign.
            if (!json.is_number_integer()) return false;
            if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX) return false;
            if (std::is_unsigned_v<T> && json.get<std::int64_t>() < 0) return false;
            value = json.get<T>();
        } else if constexpr (std::is_same_v<T, DescriptorIndex>) {
            std::uint64_t index = 0;
            if (!read_value(json, index, name) || index >= descriptors_) return false;
            value.index = static_cast<std::uint32_t>(index);
        } else if constexpr (std::is_same_v<T, Bytes>) {
            if (!json.is_string()) return false;
            auto bytes = evidence::percent_decode(json.get_ref<const std::string&>());
            if (!bytes || bytes->find('\0') != std::string::npos) return false;
            value.bytes = std::move(*bytes);
        } else if constexpr (std::is_same_v<T, JsonObject>) {
            if (!json.is_object()) return false;
            value.text = json.dump();
        } else if constexpr (std::is_enum_v<T>) {
            if (!json.is_string()) return false;
            const auto& words = Words<T>::kWords;
            for (std::size_t i = 0; i < words.size(); ++i) {
                if (words.at(i) != json.get_ref<const std::string&>()) continue;
                value = static_cast<T>(i);
                return true;
            }
            return false;
        } else if constexpr (IsVector<T>::value) {
            if (!json.is_array()) return false;
            value.resize(json.size());
            for (std::size_t i = 0; i < json.size(); ++i)
                if (!read(json[i], value[i], name + '[' + std::to_string(i) + ']')) return false;
        } else {
            return read_object(json, value, name);
        }
        return true;
    }

    template <typename T>
    bool read_object(const nlohmann::json& json, T& value, const std::string& name) {
        if (!json.is_object()) return false;
        const std::string prefix = name.empty() ? std::string() : name + '.';
        std::size_t known = 0;
        bool fine = true;
        visit(value, [&](const char* field, auto& member) {
            using Member = std::remove_cvref_t<decltype(member)>;
            const auto found = json.find(field);
            if (found != json.end()) ++known;
            if (!fine) return;
            if constexpr (IsOptional<Member>::value) {
                if (found == json.end() || found->is_null()) return;
                fine = read(*found, member.emplace(), prefix + field);
            } else {
                fine = found == json.end() ? refuse(prefix + field) : read(*found, member, prefix + field);
            }
        });
        if (!fine || known == json.size() || unknown_ == UnknownFields::kIgnore) return fine;
        for (const auto& [key, ignored] : json.items()) {
            bool is_field = false;
            visit(value, [&is_field, &key = key](const char* field, const auto&) { is_field |= key == field; });
            if (!is_field) return refuse(prefix + key);
        }
        return false;
    }

    std::size_t descriptors_;
    UnknownFields unknown_;
    std::string bad_;
};

// "?[]GivenFile", as the interface description writes it.
template <typename T>
std::string type_name() {
    if constexpr (IsOptional<T>::value) {
        return '?' + type_name<typename T::value_type>();
    } else if constexpr (IsVector<T>::value) {
        return "[]" + type_name<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
        return "string";
    } else if constexpr (std::is_same_v<T, bool>) {
        return "bool";
    } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, DescriptorIndex>) {
        return "int";
    } else if constexpr (std::is_same_v<T, JsonObject>) {
        return "object";
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(Words<T>::kName);
    } else {
        return std::string(kTypeName<T>);
    }
}

}  // namespace wire

template <typename Message>
nlohmann::json to_json(const Message& message) {
    return wire::write(message);
}

// `descriptors`: how many came with it.
template <typename Message>
tl::expected<Message, BadField> from_json(const nlohmann::json& json, std::size_t descriptors, UnknownFields unknown) {
    wire::Reader reader(descriptors, unknown);
    Message message;
    if (reader.read(json, message, "")) return message;
    return tl::unexpected(BadField{reader.bad_field()});
}

// Name and type of each field, in the description's order.
template <typename Message>
std::vector<std::pair<std::string, std::string>> describe() {
    std::vector<std::pair<std::string, std::string>> fields;
    Message message;
    visit(message, [&fields](const char* name, auto& member) {
        fields.emplace_back(name, wire::type_name<std::remove_cvref_t<decltype(member)>>());
    });
    return fields;
}

}  // namespace fstracker::control
