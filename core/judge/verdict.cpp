// SPDX-License-Identifier: Apache-2.0
#include "core/judge/verdict.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/judge/incidents.hpp"
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
            {record.info.pipeline, record.info.step, kFamily, kBlindSpotRule, without_numbers(sentence)});
        const auto same = std::find_if(incidents.begin(), incidents.end(),
                                       [&](const Incident& known) { return known.fingerprint == fingerprint; });
        if (same != incidents.end()) {
            ++times[static_cast<std::size_t>(same - incidents.begin())];
            continue;
        }
        Incident incident;
        incident.id = incident_id(fingerprint);
        incident.level = Level::kMedium;
        incident.family = kFamily;
        incident.rules = {kBlindSpotRule};
        incident.title = with_full_stop(sentence);
        incident.innocent = {
            "Programs use this mechanism for good reasons; the record cannot say what passed through it."};
        incident.fingerprint = fingerprint;
        incidents.push_back(std::move(incident));
        times.push_back(1);
    }
    for (std::size_t i = 0; i < incidents.size(); ++i)
        incidents[i].why = fmt::format(
            "The run is known to have gone where this recorder cannot see{}: what it read or wrote there is not in the "
            "record.",
            times[i] > 1 ? fmt::format(" ({} times in this way)", times[i]) : "");
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

bool asks_for_somebody(const Incident& incident) { return incident.level >= Level::kMedium; }

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
                       [](const Incident& incident) { return incident.level >= Level::kHigh; });
}

Judgement judge(const run::Record& record, const Watch* watch) {
    const run::Completeness& completeness = record.completeness;
    const std::vector<std::string> faults = completeness.ledger.faults();
    const bool whole = completeness.complete && faults.empty();

    Judgement judgement;
    judgement.incidents = blind_spot_incidents(record);
    put(judgement, completeness.complete, kCompleteRule);
    put(judgement, faults.empty(), kLedgerRule);
    put(judgement, judgement.incidents.empty(), kBlindSpotRule);
    if (watch != nullptr) {
        const std::vector<Hit> hits = watch->hits();
        put_rules(judgement, *watch, hits);
        std::vector<Incident> found = incidents_of(record, hits);
        judgement.incidents.insert(judgement.incidents.end(), found.begin(), found.end());
        std::stable_sort(judgement.incidents.begin(), judgement.incidents.end(),
                         [](const Incident& left, const Incident& right) { return left.level > right.level; });
    }

    std::vector<std::string>& reasons = judgement.reasons;
    for (const auto* list : {&completeness.reasons, &faults})
        for (const std::string& reason : *list)
            if (const std::string sentence = with_full_stop(reason);
                !whole && std::find(reasons.begin(), reasons.end(), sentence) == reasons.end())
                reasons.push_back(sentence);
    if (!whole && reasons.empty()) reasons.emplace_back("The record says that it is incomplete, without a reason.");
    if (watch != nullptr && watch->not_kept() != 0)
        reasons.push_back(fmt::format("Rules found {} things more than are listed.", watch->not_kept()));
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
