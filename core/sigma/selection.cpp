// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/selection.hpp"

#include <fmt/format.h>

#include "core/sigma/modifiers.hpp"

namespace fstracker::sigma {
namespace {

constexpr std::size_t kMostValues = 20'000;

Expression of_test(Test test) {
    Expression expression;
    expression.test = std::move(test);
    return expression;
}

Expression joined(Expression::Kind kind, std::vector<Expression> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    Expression expression;
    expression.kind = kind;
    expression.parts = std::move(parts);
    return expression;
}

class Reader {
  public:
    Reader(const std::string& name, const Complaint& complain) : name_(name), complain_(complain) {}

    std::optional<Expression> read(const Node& node) {
        std::optional<Expression> expression;
        switch (node.kind) {
            case Node::Kind::kNull: wrong(node, "is empty"); break;
            case Node::Kind::kScalar: expression = read_keywords({}, node); break;
            case Node::Kind::kMap: expression = read_map(node); break;
            case Node::Kind::kList: expression = read_list(node); break;
        }
        if (!sound_) return std::nullopt;
        return expression;
    }

  private:
    void wrong(const Node& node, const std::string& what) {
        complain_(node, fmt::format("the selection {} {}", name_, what), false);
        sound_ = false;
    }

    // Texts of one list are one test of several values; each map of it is a part of its own.
    std::optional<Expression> read_list(const Node& list) {
        std::vector<Expression> parts;
        Node keywords;
        keywords.kind = Node::Kind::kList;
        for (const auto& element : list.children) {
            switch (element.kind) {
                case Node::Kind::kScalar: keywords.children.push_back(element); break;
                case Node::Kind::kMap:
                    if (auto part = read_map(element)) parts.push_back(std::move(*part));
                    break;
                case Node::Kind::kNull: wrong(element, "has an empty element"); break;
                case Node::Kind::kList: wrong(element, "has a list within a list"); break;
            }
        }
        if (!keywords.children.empty())
            if (auto part = read_keywords({}, keywords)) parts.push_back(std::move(*part));
        if (list.children.empty()) wrong(list, "is an empty list");
        if (parts.empty()) return std::nullopt;
        return joined(Expression::Kind::kOr, std::move(parts));
    }

    std::optional<Expression> read_map(const Node& map) {
        if (map.children.empty()) wrong(map, "is an empty mapping");
        if (const auto* key = odd_key(map)) {
            wrong(*key, key->is(Node::Kind::kScalar) ? fmt::format("has the key {} twice", key->text)
                                                     : "has a key that is no text");
            return std::nullopt;
        }
        std::vector<Expression> parts;
        for (std::size_t i = 0; i < map.children.size(); ++i) {
            const auto key = read_field_key(map.keys[i].text);
            if (!key) {
                wrong(map.keys[i], fmt::format("has {}: {}", map.keys[i].text, key.error().message));
                continue;
            }
            auto part = read_test(*key, map.keys[i], map.children[i]);
            if (part) parts.push_back(std::move(*part));
        }
        if (parts.empty()) return std::nullopt;
        return joined(Expression::Kind::kAnd, std::move(parts));
    }

    std::optional<Expression> read_keywords(const FieldKey& key, const Node& values) {
        return read_test(key, values, values);
    }

    std::optional<Expression> read_test(const FieldKey& key, const Node& where, const Node& value) {
        Test test;
        test.field = key.field;
        test.known = find_field(key.field);
        test.all = key.all;
        test.negated = key.negated;
        test.modifiers = key.modifiers;
        if (!key.field.empty()) note_unknown(where, key.field);
        const bool list = value.is(Node::Kind::kList);
        if (list && value.children.empty()) wrong(value, fmt::format("has no values for {}", key.field));
        if (key.all && (!list || value.children.size() == 1))
            wrong(value, fmt::format("has {}|all with a single value; all needs several", key.field));
        if (!list) add(test, key, value);
        for (const auto& element : value.children) {
            if (!list) break;
            if (element.is(Node::Kind::kNull))
                wrong(element,
                      fmt::format("has null in a list of values of {}; it needs a selection of its own", key.field));
            else
                add(test, key, element);
        }
        if (test.values.empty()) return std::nullopt;
        return of_test(std::move(test));
    }

    void add(Test& test, const FieldKey& key, const Node& value) {
        auto comparisons = read_value(key, value);
        if (!comparisons) {
            const auto field = key.field.empty() ? std::string("keywords") : key.field;
            wrong(value, fmt::format("has a value of {} that cannot be used: {}", field, comparisons.error().message));
            return;
        }
        count_ += comparisons->size();
        if (count_ > kMostValues) {
            wrong(value, fmt::format("has more than {} values", kMostValues));
            return;
        }
        for (const auto& comparison : *comparisons) {
            if (const auto* same = std::get_if<SameAs>(&comparison); same != nullptr) note_unknown(value, same->field);
        }
        test.groups.push_back(comparisons->size());
        test.values.insert(test.values.end(), std::make_move_iterator(comparisons->begin()),
                           std::make_move_iterator(comparisons->end()));
    }

    void note_unknown(const Node& where, const std::string& field) {
        if (!find_field(field))
            complain_(where, fmt::format("no event has a field {}: it counts as absent", field), true);
    }

    const std::string& name_;
    const Complaint& complain_;
    std::size_t count_ = 0;
    bool sound_ = true;
};

}  // namespace

std::optional<Expression> read_selection(const std::string& name, const Node& node, const Complaint& complain) {
    auto expression = Reader(name, complain).read(node);
    if (expression) expression->selection = name;
    return expression;
}

}  // namespace fstracker::sigma
