// SPDX-License-Identifier: Apache-2.0
#include "core/judge/heaviest.hpp"

#include <algorithm>
#include <map>

namespace fstracker::judge {

namespace {

std::uint64_t resource(const run::Resources& resources, const std::string& volume) {
    if (volume == "bytes read") return resources.bytes_read;
    if (volume == "bytes written") return resources.bytes_written;
    if (volume == "cpu milliseconds") return resources.cpu_nanoseconds;
    return volume == "peak memory bytes" ? resources.peak_memory_bytes : 0;
}

std::uint32_t access_of(const std::string& volume) {
    if (volume == "files read") return event::kRead;
    if (volume == "files removed") return event::kUnlink;
    return volume == "files written" ? event::kWrite | event::kCreate | event::kTruncate : 0;
}

}  // namespace

event::ProcessId heaviest(const run::Record& record, const std::string& volume) {
    std::map<event::ProcessId, std::uint64_t> shares;
    for (const run::Process& process : record.processes) {
        if (process.resources) shares[process.id] += resource(*process.resources, volume);
        if (volume == "processes" && process.parent != 0) ++shares[process.parent];
    }
    if (const std::uint32_t access = access_of(volume); access != 0)
        for (const run::FileEntry& entry : record.files)
            if ((entry.access & access) != 0)
                for (const event::ProcessId process : entry.processes) ++shares[process];
    const auto most = std::max_element(shares.begin(), shares.end(),
                                       [](const auto& left, const auto& right) { return left.second < right.second; });
    return most == shares.end() || most->second == 0 ? 0 : most->first;
}

}  // namespace fstracker::judge
