// SPDX-License-Identifier: Apache-2.0
// What the record says of itself: urn:fstracker:completeness:v1.
#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"

namespace fstracker::evidence {

namespace {

using Counts = std::map<std::string, std::uint64_t>;

void write_counts(JsonWriter& json, const Counts& counts) {
    json.begin_object();
    for (const auto& [name, count] : counts) json.key(name).number(count);
    json.end_object();
}

Counts read_counts(Fields& fields, const char* name, Faults& faults) {
    Counts counts;
    fields.members(name, [&](const std::string& key, const Json& value, const std::string& place) {
        if (value.is_number_unsigned())
            counts[key] = value.get<std::uint64_t>();
        else
            faults.add(place, "is not an unsigned integer");
    });
    return counts;
}

void write_ledger(JsonWriter& json, const run::Ledger& ledger) {
    json.begin_object().key("kernel").begin_object();
    for (const auto& [kind, counters] : ledger.kernel) {
        json.key(kind).begin_object().key("delivered").number(counters.delivered);
        json.key("folded").number(counters.folded).key("lost");
        write_counts(json, counters.lost);
        json.key("seen").number(counters.seen).key("truncated").number(counters.truncated);
        json.key("unreadable").number(counters.unreadable).end_object();
    }
    json.end_object().key("user").begin_object();
    json.key("decoded").number(ledger.user.decoded);
    json.key("digests").begin_object().key("done").number(ledger.digests.done).key("refused");
    write_counts(json, ledger.digests.refused);
    json.key("wanted").number(ledger.digests.wanted).end_object();
    json.key("malformed").number(ledger.user.malformed).key("missed").number(ledger.user.missed);
    json.key("received").number(ledger.user.received);
    json.key("sequenceGaps").number(ledger.user.sequence_gaps).end_object().end_object();
}

run::Ledger read_ledger(Fields fields, Faults& faults) {
    run::Ledger ledger;
    fields.members("kernel", [&](const std::string& kind, const Json& value, const std::string& place) {
        Fields counters(value, place, faults);
        event::Counters& kernel = ledger.kernel[kind];
        kernel.kind = kind;
        kernel.seen = counters.number("seen");
        kernel.folded = counters.number("folded");
        kernel.delivered = counters.number("delivered");
        kernel.lost = read_counts(counters, "lost", faults);
        kernel.truncated = counters.number("truncated");
        kernel.unreadable = counters.number("unreadable");
        counters.finish();
    });
    Fields user = fields.object("user");
    ledger.user.received = user.number("received");
    ledger.user.decoded = user.number("decoded");
    ledger.user.malformed = user.number("malformed");
    ledger.user.sequence_gaps = user.number("sequenceGaps");
    ledger.user.missed = user.number("missed");
    Fields digests = user.object("digests");
    ledger.digests.wanted = digests.number("wanted");
    ledger.digests.done = digests.number("done");
    ledger.digests.refused = read_counts(digests, "refused", faults);
    digests.finish();
    user.finish();
    fields.finish();
    return ledger;
}

}  // namespace

void write_completeness(JsonWriter& json, const run::Completeness& completeness) {
    json.begin_object().key("blindSpots");
    write_texts(json, completeness.blind_spots);
    json.key("complete").boolean(completeness.complete).key("enteredBlindSpots");
    write_texts(json, completeness.entered_blind_spots);
    if (!completeness.entered_by.empty()) {
        json.key("enteredBy").begin_object();
        for (const auto& [spot, processes] : completeness.entered_by) write_processes(json.key(spot), processes);
        json.end_object();
    }
    json.key("ledger");
    write_ledger(json, completeness.ledger);
    json.key("reasons");
    write_texts(json, completeness.reasons);
    json.key("truncated").number(completeness.truncated);
    json.key("unhashed").number(completeness.unhashed).end_object();
}

run::Completeness read_completeness(Fields fields, Faults& faults) {
    run::Completeness completeness;
    completeness.complete = fields.boolean("complete");
    completeness.reasons = fields.texts("reasons");
    completeness.ledger = read_ledger(fields.object("ledger"), faults);
    completeness.unhashed = fields.number("unhashed");
    completeness.truncated = fields.number("truncated");
    completeness.blind_spots = fields.texts("blindSpots");
    completeness.entered_blind_spots = fields.texts("enteredBlindSpots");
    if (fields.has("enteredBy")) {
        Fields by = fields.object("enteredBy");
        for (const std::string& spot : completeness.entered_blind_spots)
            if (by.has(spot.c_str())) completeness.entered_by[spot] = read_processes(by, spot.c_str());
        by.finish();
        if (completeness.entered_by.empty()) fields.fault_in("enteredBy", "is empty");
    }
    fields.finish();
    return completeness;
}

}  // namespace fstracker::evidence
