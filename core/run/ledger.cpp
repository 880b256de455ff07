// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/run/record.hpp"

namespace fstracker::run {

std::vector<std::string> Ledger::faults() const {
    std::vector<std::string> faults;
    std::uint64_t delivered = 0;
    for (const auto& [kind, counters] : kernel) {
        std::uint64_t lost = 0;
        for (const auto& [reason, count] : counters.lost) {
            lost += count;
            if (count != 0) faults.push_back(fmt::format("{} {} records were lost ({})", count, kind, reason));
        }
        if (counters.seen != counters.folded + counters.delivered + lost)
            faults.push_back(fmt::format("the ledger of {} does not balance: {} seen, {} folded, {} delivered, {} lost",
                                         kind, counters.seen, counters.folded, counters.delivered, lost));
        if (counters.unreadable != 0)
            faults.push_back(fmt::format("{} {} records could not be read in full", counters.unreadable, kind));
        delivered += counters.delivered;
    }
    if (delivered != user.received)
        faults.push_back(fmt::format("the kernel delivered {} records and {} were received", delivered, user.received));
    if (user.decoded + user.malformed != user.received)
        faults.push_back(fmt::format("{} records were received, {} decoded and {} malformed", user.received,
                                     user.decoded, user.malformed));
    if (user.malformed != 0) faults.push_back(fmt::format("{} records could not be decoded", user.malformed));
    if (user.sequence_gaps != 0) faults.push_back(fmt::format("{} gaps in the records' numbers", user.sequence_gaps));
    if (user.missed != 0) faults.push_back(fmt::format("the kernel skipped {} program runs", user.missed));
    std::uint64_t answered = digests.done;
    for (const auto& [reason, count] : digests.refused) answered += count;
    if (answered != digests.wanted)
        faults.push_back(fmt::format("{} digests were wanted and {} answered", digests.wanted, answered));
    return faults;
}

}  // namespace fstracker::run
