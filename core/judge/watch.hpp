// SPDX-License-Identifier: Apache-2.0
// Holds a run's events against rules as they come, and keeps what they said. One thread's own: the one that applies the
// events. The same events give the same hits, in whatever order objects and processes are numbered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/event/event.hpp"
#include "core/judge/process_story.hpp"
#include "core/run/record.hpp"
#include "core/sigma/correlation.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::judge {

// What a process did that a rule knows, to which object: the file, the peer; empty where the process itself is meant.
struct Hit {
    const sigma::Rule* rule = nullptr;  // of the rules that were given
    sigma::Source source = sigma::Source::kProcessCreation;
    event::ProcessId process = 0;
    std::string object;       // a path as the step sees it, or "ADDRESS:PORT"; of a correlation that of its last record
    std::string image;        // of the process
    std::string parent;       // program that started it; empty for the command
    std::string detail;       // what about the object, for people: "which would call os.system"; or empty
    std::uint64_t times = 0;  // records of the kernel's, which folds what happens again
};

class Watch {
  public:
    // `rules` outlive it. `pipeline` and `step` are what rules see as Pipeline and Step.
    Watch(const sigma::RuleSet& rules, std::string pipeline, std::string step);

    // The last event of a run is its RunEnded.
    void see(const event::Event& event);
    // After that: what the run's files turned out to be, for rules of category artifact. Each file is a record for each
    // program that used it; correlations do not see them.
    void see_files(const std::vector<run::FileEntry>& files);

    // By process, rule and object.
    [[nodiscard]] std::vector<Hit> hits() const;
    [[nodiscard]] const sigma::RuleSet& rules() const { return rules_; }
    // Hits that there was no room to keep: a step can make very many.
    [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }

  private:
    void executed(const event::Exec& exec);
    void accessed(const event::FileAccess& access);
    void renamed(const event::Renamed& renamed);
    void connected(const event::Connect& connect);
    // A record of that process with what every record has.
    sigma::Record& begin(sigma::Source source, const event::Common& common);
    void file_record(sigma::Source source, const event::Common& common, const std::string& path, std::uint32_t access);
    void judge(const event::Common& common, const std::string& object);
    void keep(const sigma::Rule& rule, sigma::Source source, event::ProcessId process, const std::string& object,
              std::string detail = {});
    [[nodiscard]] bool knows_files() const;
    std::string named_by(const sigma::Rule& rule, const run::FileEntry& entry, const event::Common& common);
    void keep(const std::vector<sigma::CorrelationHit>& hits);
    void finish();  // correlations that a further event could have undone

    const sigma::RuleSet& rules_;
    sigma::Matcher matcher_;
    std::optional<sigma::Correlator> correlator_;  // where there are correlations
    // What the records were that correlations may name, by tag.
    struct Seen {
        sigma::Source source;
        event::ProcessId process;
        std::string object;
    };
    std::vector<Seen> seen_;
    sigma::Record record_;
    std::string pipeline_, step_;
    ProcessStory story_;
    std::map<std::tuple<event::ProcessId, std::string, std::string>, Hit> hits_;  // by process, rule's id, object
    std::uint64_t not_kept_ = 0;
};

}  // namespace fstracker::judge
