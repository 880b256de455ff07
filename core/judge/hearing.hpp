// SPDX-License-Identifier: Apache-2.0
// Holds records against rules, one after the other, and keeps what the rules said. One thread's own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/judge/process_story.hpp"
#include "core/sigma/correlation.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::judge {

// What a process did that a rule knows, to which object: the file, the peer; empty where the process itself is meant.
struct Hit {
    const sigma::Rule* rule = nullptr;  // of the rules that were given
    sigma::Source source = sigma::Source::kProcessCreation;
    event::ProcessId process = 0;
    std::string object;       // a path as the step sees it, or "ADDRESS:PORT"; a correlation has a hit for each
    std::string image;        // of the process
    std::string parent;       // program that started it; empty for the command
    std::string detail;       // what about the object, for people: "which would call os.system", a sentence; or empty
    std::uint64_t times = 0;  // records of the kernel's, which folds what happens again
};

// Whether the rule asks what the baseline says, which is known at the end only.
bool asks_the_baseline(const sigma::Rule& rule);
// Likewise, or a rule of `rules` that it correlates does.
bool rests_on_the_baseline(const sigma::RuleSet& rules, const sigma::Rule& rule);

// Who hears a record. What happens is heard as it does by all rules but those that ask the baseline: they hear it at
// the end, alone. What is known at the end only, all do.
enum class Hearers { kAll, kThoseThatAskTheBaseline };

class Hearing {
  public:
    using Detail = std::function<std::string(const sigma::Rule&)>;

    // Both outlive it.
    Hearing(const sigma::RuleSet& rules, const ProcessStory& story);

    // Called with each hit when there first is one, from then on.
    void tell(std::function<void(const Hit&)> listener) { listener_ = std::move(listener); }

    // Records in order of time. `detail` says what of the object the rule is about.
    void hear(sigma::Record& record, event::ProcessId process, std::string_view object, const Detail& detail = {},
              Hearers hearers = Hearers::kAll);
    // After the last record: correlations that a further one could have undone.
    void close();
    // Something that rules would have had to hear, and there was no room for it.
    void skip() { ++not_kept_; }

    // By process, rule and object.
    [[nodiscard]] std::vector<Hit> hits() const;
    // Hits that there was no room to keep: a step can make very many.
    [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }
    // Whether records of this source wait for the end, since a rule for them asks the baseline.
    [[nodiscard]] bool waits_for(sigma::Source source) const;

  private:
    void keep(const sigma::Rule& rule, sigma::Source source, event::ProcessId process, std::string_view object,
              std::string detail);
    void keep(const std::vector<sigma::CorrelationHit>& hits);

    const ProcessStory& story_;
    std::unordered_set<const sigma::Rule*> asking_;  // rules that ask the baseline
    sigma::Matcher matcher_;
    std::optional<sigma::Correlator> correlator_;  // where there are correlations
    // What the records were that correlations may name, by tag.
    struct Seen {
        sigma::Source source;
        event::ProcessId process;
        std::string object;
    };
    std::vector<Seen> seen_;
    std::map<std::tuple<event::ProcessId, std::string, std::string>, Hit> hits_;  // by process, rule's id, object
    std::uint64_t not_kept_ = 0;
    std::function<void(const Hit&)> listener_;
};

}  // namespace fstracker::judge
