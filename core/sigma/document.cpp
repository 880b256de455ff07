// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>

namespace fstracker::sigma {
namespace {

// Thrown through the parser, which has no other way to be stopped; caught in read_documents.
struct TooMuch {
    YAML::Mark mark;
    std::string message;
};

bool is_null(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::size_t size_of(const Node& node) {
    std::size_t count = 1 + node.keys.size();
    for (const auto& child : node.children) count += size_of(child);
    return count;
}

class Builder : public YAML::EventHandler {
  public:
    void OnDocumentStart(const YAML::Mark&) override { reset(); }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(mark, Node::Kind::kNull), anchor); }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw TooMuch{mark, "an alias inside the node that it stands for"};
        Node copy = found->second;
        count_ += size_of(copy) - 1;
        copy.line = mark.line + 1;
        copy.column = mark.column + 1;
        add(std::move(copy), YAML::NullAnchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = make(mark, Node::Kind::kScalar);
        node.plain = tag == "?";
        node.text = value;
        if (node.plain && is_null(value)) node.kind = Node::Kind::kNull;
        add(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, Node::Kind::kList, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, Node::Kind::kMap, anchor);
    }
    void OnMapEnd() override { close(); }

    void reset() {
        root_ = {};
        stack_.clear();
        anchors_.clear();
    }
    Node take() { return std::move(root_); }

  private:
    struct Open {
        Node node;
        YAML::anchor_t anchor;
    };

    Node make(const YAML::Mark& mark, Node::Kind kind) {
        Node node;
        node.kind = kind;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    void open(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor) {
        if (stack_.size() >= kDeepest) throw TooMuch{mark, fmt::format("nested deeper than {} levels", kDeepest)};
        stack_.push_back({make(mark, kind), anchor});
    }

    void close() {
        Open done = std::move(stack_.back());
        stack_.pop_back();
        add(std::move(done.node), done.anchor);
    }

    void add(Node node, YAML::anchor_t anchor) {
        if (++count_ > kMostNodes)
            throw TooMuch{mark_of(node), fmt::format("more than {} nodes in one file", kMostNodes)};
        if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Node& parent = stack_.back().node;
        const bool is_key = parent.kind == Node::Kind::kMap && parent.keys.size() == parent.children.size();
        const bool left_out = node.kind == Node::Kind::kNull && parent.kind == Node::Kind::kMap && !is_key;
        if (left_out) {  // The parser is at what comes next by then.
            node.line = parent.keys.back().line;
            node.column = parent.keys.back().column;
        }
        (is_key ? parent.keys : parent.children).push_back(std::move(node));
    }

    static YAML::Mark mark_of(const Node& node) {
        YAML::Mark mark;
        mark.line = node.line - 1;
        mark.column = node.column - 1;
        return mark;
    }

    Node root_;
    std::vector<Open> stack_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::size_t count_ = 0;
};

int line_of(std::string_view text, std::size_t at) {
    int line = 1;
    for (const char c : text.substr(0, at)) line += c == '\n' ? 1 : 0;
    return line;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
    if (kind != Kind::kMap) return nullptr;
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (keys[i].kind == Kind::kScalar && keys[i].text == key) return &children[i];
    return nullptr;
}

const Node* odd_key(const Node& map) {
    std::set<std::string_view> seen;
    for (const auto& key : map.keys)
        if (key.kind != Node::Kind::kScalar || !seen.insert(key.text).second) return &key;
    return nullptr;
}

Documents read_documents(std::string_view text) {
    Documents result;
    if (text.size() > kLongestFile) {
        result.faults.push_back({0, 0, fmt::format("longer than {} bytes", kLongestFile)});
        return result;
    }
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        result.faults.push_back({line_of(text, nul), 0, "a NUL byte: this is no text"});
        return result;
    }
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder;
        while (true) {
            builder.reset();
            if (!parser.HandleNextDocument(builder)) break;
            Node document = builder.take();
            if (!document.is(Node::Kind::kNull)) result.documents.push_back(std::move(document));
        }
    } catch (const TooMuch& fault) {
        result.faults.push_back({fault.mark.line + 1, fault.mark.column + 1, fault.message});
    } catch (const YAML::Exception& error) {
        const bool known = !error.mark.is_null();
        result.faults.push_back(
            {known ? error.mark.line + 1 : 0, known ? error.mark.column + 1 : 0, "not YAML: " + error.msg});
    } catch (const std::exception& error) {
        result.faults.push_back({0, 0, fmt::format("not YAML: {}", error.what())});
    }
    return result;
}

}  // namespace fstracker::sigma
