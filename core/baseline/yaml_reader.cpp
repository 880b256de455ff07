// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <optional>
#include <unordered_set>
#include <utility>

namespace fstracker::baseline {

struct YamlReader::State {
    yaml_parser_t parser{};
    std::string name;
    std::optional<Error> fault;
    std::size_t line = 0;  // of the last event, from 1

    struct Event {
        yaml_event_type_t type = YAML_NO_EVENT;
        std::string text;
        bool plain = false;
    };

    void refuse(const std::string& what, const std::string& hint) {
        if (!fault) fault = Error{ErrorKind::kInvalid, fmt::format("{}:{}: {}", name, line, what), hint};
    }

    Event next() {
        Event next;
        if (fault) return next;
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            line = parser.problem_mark.line + 1;
            refuse(parser.problem != nullptr ? parser.problem : "is no YAML", "the file must be YAML");
            return next;
        }
        line = event.start_mark.line + 1;
        next.type = event.type;
        bool decorated = event.type == YAML_ALIAS_EVENT;
        if (event.type == YAML_SCALAR_EVENT) {
            const auto& scalar = event.data.scalar;
            next.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
            next.plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
            decorated = scalar.anchor != nullptr || scalar.tag != nullptr;
        } else if (event.type == YAML_MAPPING_START_EVENT) {
            decorated = event.data.mapping_start.anchor != nullptr || event.data.mapping_start.tag != nullptr;
        }
        yaml_event_delete(&event);
        if (decorated) refuse("anchors, aliases and tags have no place in a baseline", {});
        if (next.type == YAML_SEQUENCE_START_EVENT) refuse("a list has no place in a baseline", {});
        return fault ? Event{} : next;
    }

    void entries(const std::function<void(const std::string& key)>& entry) {
        std::unordered_set<std::string> seen;
        while (!fault) {
            Event key = next();
            if (fault || key.type == YAML_MAPPING_END_EVENT) return;
            if (key.type != YAML_SCALAR_EVENT) return refuse("a key must be text", {});
            if (!seen.insert(key.text).second) return refuse("the key " + key.text + " is there twice", {});
            entry(key.text);
        }
    }
};

YamlReader::YamlReader(std::string_view text, std::string name) : state_(std::make_unique<State>()) {
    state_->name = std::move(name);
    if (yaml_parser_initialize(&state_->parser) == 0) {
        state_->refuse("there is no memory to read it", {});
        return;
    }
    yaml_parser_set_encoding(&state_->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&state_->parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

YamlReader::~YamlReader() { yaml_parser_delete(&state_->parser); }

Status YamlReader::document(const std::function<void(const std::string& key)>& entry) {
    if (state_->next().type == YAML_STREAM_START_EVENT && state_->next().type == YAML_DOCUMENT_START_EVENT) {
        mapping(entry);
        state_->next();  // the document's end
        if (!state_->fault && state_->next().type != YAML_STREAM_END_EVENT)
            refuse("there is more than one document in it");
    } else {
        refuse("is empty");
    }
    if (state_->fault) return fail(*state_->fault);
    return {};
}

std::string YamlReader::text() {
    State::Event event = state_->next();
    if (event.type != YAML_SCALAR_EVENT) refuse("here must be text");
    return std::move(event.text);
}

void YamlReader::mapping(const std::function<void(const std::string& key)>& entry) {
    const State::Event event = state_->next();
    if (event.type == YAML_MAPPING_START_EVENT) return state_->entries(entry);
    const bool nothing = event.type == YAML_SCALAR_EVENT && event.plain && event.text.empty();
    if (!nothing) refuse("here must be a mapping");
}

void YamlReader::refuse(const std::string& what, const std::string& hint) { state_->refuse(what, hint); }

bool YamlReader::failed() const { return state_->fault.has_value(); }

}  // namespace fstracker::baseline
