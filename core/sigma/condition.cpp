// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/condition.hpp"

#include <fmt/format.h>

#include <vector>

namespace fstracker::sigma {
namespace {

constexpr std::size_t kLongest = 16'384;
constexpr int kDeepest = 50;
constexpr std::size_t kMostParts = 10'000;  // of all selections that one condition names, each as often as it is named

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '*';
}

bool fits(std::string_view pattern, std::string_view name) { return Pattern(read_pieces(pattern), true).matches(name); }

std::size_t size_of(const Expression& expression) {
    std::size_t count = 1;
    for (const auto& part : expression.parts) count += size_of(part);
    return count;
}

tl::unexpected<Error> wrong(std::string message) { return fail(ErrorKind::kInvalid, std::move(message)); }

class Reader {
  public:
    Reader(const Selections& selections, std::set<std::string>& used) : selections_(selections), used_(used) {}

    Result<Expression> read(std::string_view condition) {
        if (condition.size() > kLongest) return wrong(fmt::format("the condition is longer than {} bytes", kLongest));
        if (auto split_up = split(condition); !split_up) return fail(split_up.error());
        if (words_.empty()) return wrong("the condition is empty");
        auto expression = read_or();
        if (expression && at_ < words_.size())
            return wrong(fmt::format("the condition goes on with \"{}\" where it should end", words_[at_]));
        return expression;
    }

  private:
    Status split(std::string_view condition) {
        for (std::size_t i = 0; i < condition.size();) {
            const char c = condition[i];
            std::size_t end = i + 1;
            if (c == '|')
                return wrong("the condition has an aggregation (|), which Sigma no longer has: write a correlation");
            if (c == '(' || c == ')') {
                words_.push_back(condition.substr(i, 1));
            } else if (is_name_character(c)) {
                while (end < condition.size() && is_name_character(condition[end])) ++end;
                words_.push_back(condition.substr(i, end - i));
            } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
                return wrong(fmt::format("the condition has a character that has no meaning there, at byte {}", i + 1));
            }
            i = end;
        }
        return {};
    }

    bool take(std::string_view lower, std::string_view upper) {
        if (at_ >= words_.size() || (words_[at_] != lower && words_[at_] != upper)) return false;
        ++at_;
        return true;
    }

    static Expression joined(Expression::Kind kind, std::vector<Expression> parts) {
        if (parts.size() == 1) return std::move(parts.front());
        Expression expression;
        expression.kind = kind;
        expression.parts = std::move(parts);
        return expression;
    }

    Result<Expression> read_or() {
        std::vector<Expression> parts;
        do {
            auto part = read_and();
            if (!part) return part;
            parts.push_back(std::move(*part));
        } while (take("or", "OR"));
        return joined(Expression::Kind::kOr, std::move(parts));
    }

    Result<Expression> read_and() {
        std::vector<Expression> parts;
        do {
            auto part = read_not();
            if (!part) return part;
            parts.push_back(std::move(*part));
        } while (take("and", "AND"));
        return joined(Expression::Kind::kAnd, std::move(parts));
    }

    Result<Expression> read_not() {
        if (!take("not", "NOT")) return read_one();
        if (++depth_ > kDeepest) return wrong("the condition is nested too deeply");
        auto part = read_not();
        --depth_;
        if (!part) return part;
        Expression expression;
        expression.kind = Expression::Kind::kNot;
        expression.parts.push_back(std::move(*part));
        return expression;
    }

    Result<Expression> read_one() {
        if (at_ >= words_.size()) return wrong("the condition ends where a selection should follow");
        if (take("(", "(")) {
            if (++depth_ > kDeepest) return wrong("the condition is nested too deeply");
            auto inner = read_or();
            --depth_;
            if (inner && !take(")", ")")) return wrong("the condition lacks a closing parenthesis");
            return inner;
        }
        const auto word = words_[at_++];
        const bool quantifies = at_ < words_.size() && words_[at_] == "of" && !selections_.contains(word);
        if (quantifies) {
            if (word != "1" && word != "any" && word != "all")
                return wrong(fmt::format("the condition has \"{} of\"; there is 1 of, any of and all of", word));
            ++at_;
            return read_several(word == "all" ? Expression::Kind::kAnd : Expression::Kind::kOr);
        }
        const auto found = selections_.find(word);
        if (found != selections_.end()) return use(found);
        if (word == ")") return wrong("the condition has a closing parenthesis where a selection should be");
        if (word == "and" || word == "or" || word == "not")
            return wrong(fmt::format("the condition has \"{}\" where a selection should be", word));
        return wrong(fmt::format("the condition names the selection {}, which is not there", word));
    }

    Result<Expression> read_several(Expression::Kind kind) {
        if (at_ >= words_.size()) return wrong("the condition ends where names should follow");
        const auto pattern = words_[at_++];
        std::vector<Expression> parts;
        for (auto found = selections_.begin(); found != selections_.end(); ++found) {
            const bool hidden = found->first.front() == '_' && pattern.front() != '_';
            if (hidden || (pattern != "them" && !fits(pattern, found->first))) continue;
            auto part = use(found);
            if (!part) return part;
            parts.push_back(std::move(*part));
        }
        if (parts.empty())
            return wrong(fmt::format("the condition names selections {}, and none is called so", pattern));
        return joined(kind, std::move(parts));
    }

    Result<Expression> use(Selections::const_iterator found) {
        used_.insert(found->first);
        parts_ += size_of(found->second);
        if (parts_ > kMostParts) return wrong("the condition grows too large");
        return found->second;
    }

    const Selections& selections_;
    std::set<std::string>& used_;
    std::vector<std::string_view> words_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::size_t parts_ = 0;
};

}  // namespace

Result<Expression> read_condition(std::string_view condition, const Selections& selections,
                                  std::set<std::string>& used) {
    return Reader(selections, used).read(condition);
}

}  // namespace fstracker::sigma
