// SPDX-License-Identifier: Apache-2.0
// Holds a run's events against rules as they come, and keeps what they said. One thread's own: the one that applies the
// events. The same events give the same hits, in whatever order objects and processes are numbered.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/event.hpp"
#include "core/judge/hearing.hpp"
#include "core/judge/process_story.hpp"
#include "core/run/record.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::judge {

// An event as rules see it. `Text` is std::string where it is kept.
template <typename Text>
struct Deed {
    sigma::Source source = sigma::Source::kProcessCreation;
    event::ProcessId process = 0;
    std::int64_t time = 0;
    Text object;               // the file, or "ADDRESS:PORT"
    Text other;                // name before a rename or link; or empty
    std::uint32_t access = 0;  // event::Access bits
    run::Connection peer;      // of network_connection
};

class Watch {
  public:
    // `rules` outlive it. `pipeline` and `step` are what rules see as Pipeline and Step.
    Watch(const sigma::RuleSet& rules, std::string pipeline, std::string step);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // The last event of a run is its RunEnded.
    void see(const event::Event& event);

    // Called with each hit when there first is one, from now on; the actor may be unknown (nullptr).
    using Listener = std::function<void(const Hit&, const Actor*)>;
    void tell(Listener listener) {
        hearing_.tell(
            [this, listener = std::move(listener)](const Hit& hit) { listener(hit, story_.find(hit.process)); });
    }

    // What rules said while it happened, by process, rule and object.
    [[nodiscard]] std::vector<Hit> hits() const { return hearing_.hits(); }
    [[nodiscard]] const sigma::RuleSet& rules() const { return rules_; }
    // Hits that there was no room to keep: a step can make very many.
    [[nodiscard]] std::uint64_t not_kept() const { return hearing_.not_kept(); }

    // For rules that have to wait for the end (hits_at_end.hpp) -----------------------------------------------------

    [[nodiscard]] const ProcessStory& story() const { return story_; }
    // Events that a rule which asks the baseline has yet to hear, in their order.
    [[nodiscard]] const std::vector<Deed<std::string>>& waiting() const { return waiting_; }
    // Makes the record of such an event; it borrows the texts of both.
    void lay_out(sigma::Record& record, const Deed<std::string_view>& deed) const;
    // A record of that process with what every record has.
    void begin(sigma::Record& record, sigma::Source source, event::ProcessId process, std::int64_t time) const;

  private:
    void executed(const event::Exec& exec);
    void accessed(const event::FileAccess& access);
    void renamed(const event::Renamed& renamed);
    void connected(const event::Connect& connect);
    void judge(const Deed<std::string_view>& deed);

    const sigma::RuleSet& rules_;
    std::string pipeline_, step_;
    ProcessStory story_;
    Hearing hearing_;
    std::array<bool, sigma::kSources> waits_{};  // by source
    std::vector<Deed<std::string>> waiting_;
    sigma::Record record_;
};

}  // namespace fstracker::judge
