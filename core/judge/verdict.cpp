// SPDX-License-Identifier: Apache-2.0
#include "core/judge/verdict.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/baseline/differences.hpp"
#include "core/judge/hits_at_end.hpp"
#include "core/judge/incidents.hpp"
#include "core/judge/lineage.hpp"
#include "core/judge/sentences.hpp"
#include "core/judge/surprises.hpp"
#include "core/judge/watch.hpp"

namespace fstracker::judge {

namespace {

constexpr const char* kCompleteRule = "fstracker-complete";
constexpr const char* kLedgerRule = "fstracker-ledger-balance";
constexpr const char* kBlindSpotRule = "fstracker-entered-blind-spot";
constexpr const char* kFamily = "integrity";

std::string with_full_stop(std::string sentence) {
    if (!sentence.empty() && sentence.back() != '.') sentence.push_back('.');
    return sentence;
}

// One incident for each kind of blind spot, in the order of their sentences.
std::vector<Incident> blind_spot_incidents(const run::Record& record) {
    std::vector<Incident> incidents;
    std::vector<std::size_t> times;
    std::vector<std::string> sentences = record.completeness.entered_blind_spots;
    std::sort(sentences.begin(), sentences.end());
    for (const std::string& sentence : sentences) {
        const std::string fingerprint = fingerprint_of(
            {record.info.pipeline, record.info.step, kFamily, kBlindSpotRule, baseline::without_numbers(sentence)});
        const auto who = record.completeness.entered_by.find(sentence);
        const auto by = who == record.completeness.entered_by.end() ? std::vector<event::ProcessId>() : who->second;
        const auto same = std::find_if(incidents.begin(), incidents.end(),
                                       [&](const Incident& known) { return known.fingerprint == fingerprint; });
        if (same != incidents.end()) {
            same->processes.insert(same->processes.end(), by.begin(), by.end());
            ++times[static_cast<std::size_t>(same - incidents.begin())];
            continue;
        }
        Incident incident;
        incident.id = incident_id(fingerprint);
        incident.level = Level::kMedium;
        incident.family = kFamily;
        incident.rules = {kBlindSpotRule};
        incident.title = with_full_stop(sentence);
        incident.processes = by;
        incident.innocent = {
            "Programs use this mechanism for good reasons; the record cannot say what passed through it."};
        incident.fingerprint = fingerprint;
        incidents.push_back(std::move(incident));
        times.push_back(1);
    }
    for (std::size_t i = 0; i < incidents.size(); ++i) {
        auto& who = incidents[i].processes;
        std::sort(who.begin(), who.end());
        who.erase(std::unique(who.begin(), who.end()), who.end());
        incidents[i].why = fmt::format(
            "The run is known to have gone where this recorder cannot see{}: what it read or wrote there is not in the "
            "record.",
            times[i] > 1 ? fmt::format(" ({} times in this way)", times[i]) : "");
    }
    return incidents;
}

void put(Judgement& judgement, bool passed, const char* rule) {
    (passed ? judgement.passed_rules : judgement.warned_rules).emplace_back(rule);
}

// A rule that found nothing has passed. One of low or informational that found something has neither passed nor does it
// ask for anybody.
void put_rules(Judgement& judgement, const Watch& watch, const std::vector<Hit>& hits) {
    std::set<const sigma::Rule*> hit;
    for (const Hit& one : hits) hit.insert(one.rule);
    for (const sigma::Rule& rule : watch.rules().rules()) {
        if (!rule.reported) continue;
        if (!hit.contains(&rule))
            judgement.passed_rules.push_back(rule.id);
        else if (rule.level >= Level::kHigh)
            judgement.failed_rules.push_back(rule.id);
        else if (rule.level == Level::kMedium)
            judgement.warned_rules.push_back(rule.id);
    }
}

bool asks_for_somebody(const Incident& incident) { return incident.level >= Level::kMedium && !incident.suppressed; }

void append(std::vector<Incident>& all, std::vector<Incident> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool has_matured(const baseline::Baseline& baseline) {
    const baseline::Maturity maturity = baseline::maturity_of(baseline);
    return maturity == baseline::Maturity::kProvisional || maturity == baseline::Maturity::kStable;
}

// Whether the step did all of it in runs that taught: the programs, and each file by one of them.
bool is_known(const Incident& incident, const baseline::Baseline& baseline, const baseline::Facts& facts,
              const std::map<event::ProcessId, std::string>& programs, const baseline::PathNames& names) {
    std::set<std::string> doers;
    for (const event::ProcessId process : incident.processes) {
        const auto program = programs.find(process);
        if (program == programs.end() || !baseline.programs.contains(program->second)) return false;
        doers.insert(program->second);
    }
    if (doers.empty()) return false;
    for (const std::string& doer : doers) {
        const auto parents = facts.programs.find(doer);
        if (parents == facts.programs.end()) continue;
        for (const std::string& parent : parents->second.started_by)
            if (!baseline.programs.at(doer).started_by.contains(parent)) return false;
    }
    return std::all_of(incident.files.begin(), incident.files.end(), [&](const std::string& path) {
        const std::string named = names.named(path);
        return std::any_of(doers.begin(), doers.end(), [&](const std::string& doer) {
            return baseline.programs.at(doer).files.contains(named) || doer.starts_with(named);
        });
    });
}

// What a rule of medium finds in every run is no news: the baseline has it, and a person could have objected. What
// names no file, as a peer or a blind spot, is known by itself or not at all. `news`: rules that found what is
// different today.
void quieten_known(std::vector<Incident>& found, const std::set<std::string>& news, const run::Record& record,
                   const baseline::Baseline& baseline, const baseline::Facts& facts, const baseline::PathNames& names) {
    if (!has_matured(baseline)) return;
    const auto programs = baseline::programs_of(record, names);
    for (Incident& incident : found) {
        const bool of_files = !incident.files.empty();
        const bool is_news = std::any_of(incident.rules.begin(), incident.rules.end(),
                                         [&news](const std::string& rule) { return news.contains(rule); });
        if (incident.level > Level::kMedium || !of_files || is_news ||
            !is_known(incident, baseline, facts, programs, names))
            continue;
        incident.level = Level::kInformational;
        incident.why += fmt::format(" The baseline knows it from {} runs.", baseline.runs.size());
    }
}

void quieten_known_blind_spots(std::vector<Incident>& found, const run::Record& record,
                               const baseline::Baseline& baseline) {
    if (!has_matured(baseline)) return;
    for (const std::string& sentence : record.completeness.entered_blind_spots) {
        const std::string same = baseline::without_numbers(sentence);
        const auto known = baseline.blind_spots.find(same);
        if (known == baseline.blind_spots.end() || known->second.runs < 2) continue;
        for (Incident& incident : found) {
            if (baseline::without_numbers(incident.title) != with_full_stop(same)) continue;
            incident.level = Level::kInformational;
            incident.why += fmt::format(" It was so in {} of the {} runs of the baseline.", known->second.runs,
                                        baseline.runs.size());
        }
    }
}

void settle(std::vector<Incident>& incidents, const Criteria& criteria) {
    for (Incident& incident : incidents) {
        for (const Suppression& suppression : criteria.suppressions)
            if (suppression.finding == incident.id || suppression.finding == incident.fingerprint)
                incident.suppressed = Settled{suppression.reason, suppression.until};
        if (criteria.baseline == nullptr) continue;
        for (const baseline::Acceptance& acceptance : criteria.baseline->accepted)
            if (acceptance.fingerprint == incident.fingerprint) incident.suppressed = Settled{acceptance.reason, {}};
    }
}

// Kinds of difference that were looked for: a test each, as rules are.
void put_baseline_rules(Judgement& judgement, const std::vector<Surprise>& surprises) {
    std::map<std::string, Level> worst;
    for (const Surprise& surprise : surprises)
        for (const std::string& rule : surprise.incident.rules)
            worst[rule] = std::max(worst[rule], surprise.incident.level);
    for (const baseline::Kind kind : baseline::kAllKinds) {
        const std::string rule = rule_of(kind);
        const auto level = worst.find(rule);
        if (level == worst.end() || level->second < Level::kMedium)
            judgement.passed_rules.push_back(rule);
        else
            (level->second >= Level::kHigh ? judgement.failed_rules : judgement.warned_rules).push_back(rule);
    }
}

// The run beside its baseline.
struct Held {
    baseline::Facts facts;
    std::vector<baseline::Difference> differences;
};

std::optional<Held> hold(const run::Record& record, const Criteria& criteria, const baseline::PathNames& names) {
    if (criteria.baseline == nullptr || criteria.baseline->runs.empty()) return std::nullopt;
    Held held{baseline::facts_of(record, names), {}};
    held.differences = baseline::differences(*criteria.baseline, held.facts, names);
    return held;
}

// What rules have to say, and which of them say what is different today.
struct Said {
    std::vector<Hit> hits;
    std::set<std::string> news;
    std::uint64_t not_kept = 0;
};

Said ask_rules(const run::Record& record, const Criteria& criteria, const baseline::PathNames& names,
               const std::optional<Held>& held, const std::vector<LineageFinding>& lineage) {
    const bool speaks = held && has_matured(*criteria.baseline);
    const Standings standings =
        speaks ? Standings(record, names, *criteria.baseline, held->facts, held->differences) : Standings();
    const std::vector<baseline::Difference> none;
    HitsAtEnd at_end =
        hits_at_end(*criteria.watch, {record, names, standings, speaks ? held->differences : none, lineage});
    Said said{criteria.watch->hits(), {}, criteria.watch->not_kept() + at_end.not_kept};
    for (Hit& hit : at_end.hits) {
        if (hit.source > sigma::Source::kArtifact || rests_on_the_baseline(criteria.watch->rules(), *hit.rule))
            said.news.insert(hit.rule->id);
        said.hits.push_back(std::move(hit));
    }
    return said;
}

void hold_against_baseline(Judgement& judgement, const run::Record& record, const Criteria& criteria,
                           const baseline::PathNames& names, const std::optional<Held>& held,
                           const std::set<std::string>& news) {
    const baseline::Baseline& baseline = *criteria.baseline;
    judgement.baseline = criteria.baseline_use;
    judgement.baseline->runs = baseline.runs.size();
    judgement.baseline->maturity = baseline::to_text(baseline::maturity_of(baseline));
    if (!held) return;
    quieten_known(judgement.incidents, news, record, baseline, held->facts, names);
    quieten_known_blind_spots(judgement.incidents, record, baseline);
    const std::vector<Surprise> surprises = surprises_in(record, baseline, held->facts, held->differences, criteria);
    put_baseline_rules(judgement, surprises);
    for (const Surprise& surprise : surprises) judgement.incidents.push_back(surprise.incident);
    judgement.changes = changes_in(held->differences);
}

}  // namespace

std::string to_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::kClean: return "CLEAN";
        case Verdict::kReview: return "REVIEW";
        case Verdict::kAlert: return "ALERT";
        case Verdict::kIncomplete: return "INCOMPLETE";
    }
    return "INCOMPLETE";
}

bool is_alarming(const Judgement& judgement) {
    return std::any_of(judgement.incidents.begin(), judgement.incidents.end(),
                       [](const Incident& incident) { return incident.level >= Level::kHigh && !incident.suppressed; });
}

baseline::PathNames path_names(const run::Record& record, const Criteria& criteria) {
    return {criteria.roots, baseline::work_of(record)};
}

Judgement judge(const run::Record& record, const Criteria& criteria) {
    const Watch* watch = criteria.watch;
    const baseline::PathNames names = path_names(record, criteria);
    const run::Completeness& completeness = record.completeness;
    const std::vector<std::string> faults = completeness.ledger.faults();
    const bool whole = completeness.complete && faults.empty();

    Judgement judgement;
    judgement.incidents = blind_spot_incidents(record);
    put(judgement, completeness.complete, kCompleteRule);
    put(judgement, faults.empty(), kLedgerRule);
    put(judgement, judgement.incidents.empty(), kBlindSpotRule);
    const std::optional<Held> held = hold(record, criteria, names);
    const std::vector<LineageFinding> lineage = lineage_findings(record, criteria.inputs, names);
    Said said;
    if (watch != nullptr) {
        said = ask_rules(record, criteria, names, held, lineage);
        put_rules(judgement, *watch, said.hits);
        append(judgement.incidents, incidents_of(record, said.hits, names));
    }
    append(judgement.incidents, lineage_incidents(record, lineage, names));
    append(judgement.incidents, tampering_incidents(record, names, judgement.incidents));
    if (criteria.baseline != nullptr) hold_against_baseline(judgement, record, criteria, names, held, said.news);
    settle(judgement.incidents, criteria);
    std::stable_sort(judgement.incidents.begin(), judgement.incidents.end(),
                     [](const Incident& left, const Incident& right) { return left.level > right.level; });

    std::vector<std::string>& reasons = judgement.reasons;
    for (const auto* list : {&completeness.reasons, &faults})
        for (const std::string& reason : *list)
            if (const std::string sentence = with_full_stop(reason);
                !whole && std::find(reasons.begin(), reasons.end(), sentence) == reasons.end())
                reasons.push_back(sentence);
    if (!whole && reasons.empty()) reasons.emplace_back("The record says that it is incomplete, without a reason.");
    if (said.not_kept != 0)
        reasons.push_back(fmt::format("Rules found {} things more than are listed.", said.not_kept));
    for (const Incident& incident : judgement.incidents)
        if (asks_for_somebody(incident)) reasons.push_back(incident.title);

    if (!whole) {
        judgement.verdict = Verdict::kIncomplete;
    } else if (is_alarming(judgement)) {
        judgement.verdict = Verdict::kAlert;
    } else if (std::any_of(judgement.incidents.begin(), judgement.incidents.end(), asks_for_somebody)) {
        judgement.verdict = Verdict::kReview;
    } else {
        judgement.verdict = Verdict::kClean;
        reasons.emplace_back("The record is complete, and nothing in it needs a person's attention.");
    }
    return judgement;
}

}  // namespace fstracker::judge
