// SPDX-License-Identifier: Apache-2.0
#include "core/report/flow.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace fstracker::report {
namespace {

constexpr std::uint32_t kChanged = event::kWrite | event::kCreate | event::kTruncate;
constexpr std::array<std::string_view, 4> kNoContent = {"library", "executable", "code", "device"};

bool is_content(const run::FileEntry& file) {
    return std::find(kNoContent.begin(), kNoContent.end(), file.role) == kNoContent.end();
}

}  // namespace

std::vector<Flow> flows_of(const run::Record& record) {
    std::vector<Flow> flows;
    flows.reserve(record.processes.size());
    std::unordered_map<event::ProcessId, std::size_t> index;
    for (const auto& process : record.processes) {
        index.emplace(process.id, flows.size());
        flows.push_back({&process, {}, {}, {}});
    }
    for (const auto& file : record.files) {
        const bool read = (file.access & event::kRead) != 0;
        const bool changed = (file.access & kChanged) != 0;
        if ((!read && !changed) || !is_content(file)) continue;
        const bool either = read && changed && file.processes.size() > 1;
        for (const auto id : file.processes) {
            const auto found = index.find(id);
            if (found == index.end()) continue;
            if (read) flows[found->second].from.push_back({&file, either});
            if (changed) flows[found->second].into.push_back({&file, either});
        }
    }
    for (const auto& connection : record.connections)
        if (const auto found = index.find(connection.process); found != index.end())
            flows[found->second].peers.push_back(&connection);
    std::erase_if(flows, [](const Flow& flow) { return flow.into.empty() && flow.peers.empty(); });
    return flows;
}

}  // namespace fstracker::report
