// SPDX-License-Identifier: Apache-2.0
#include "core/report/process_tree.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace fstracker::report {

std::vector<TreeLine> process_tree(const std::vector<run::Process>& processes) {
    std::set<event::ProcessId> ids;
    for (const auto& process : processes) ids.insert(process.id);
    std::map<event::ProcessId, std::vector<const run::Process*>> children;
    std::vector<TreeLine> stack;
    for (const auto& process : processes) {
        if (ids.count(process.parent) != 0 && process.parent != process.id)
            children[process.parent].push_back(&process);
        else
            stack.push_back({&process, 0});
    }
    std::reverse(stack.begin(), stack.end());
    std::vector<TreeLine> lines;
    std::set<const run::Process*> shown;
    std::size_t next = 0;  // of those that no root leads to: parents in a circle
    for (;;) {
        while (!stack.empty()) {
            const auto line = stack.back();
            stack.pop_back();
            if (!shown.insert(line.process).second) continue;
            lines.push_back(line);
            const auto below = children.find(line.process->id);
            if (below == children.end()) continue;
            std::for_each(below->second.rbegin(), below->second.rend(), [&](const run::Process* child) {
                stack.push_back({child, line.depth + 1});
            });
        }
        while (next < processes.size() && shown.count(&processes[next]) != 0) ++next;
        if (next == processes.size()) return lines;
        stack.push_back({&processes[next], 0});
    }
}

std::vector<const run::Process*> process_chain(const std::vector<run::Process>& processes, event::ProcessId id) {
    std::vector<const run::Process*> chain;
    std::set<event::ProcessId> seen;
    while (id != 0 && seen.insert(id).second) {
        const auto found = std::find_if(processes.begin(), processes.end(),
                                        [id](const run::Process& process) { return process.id == id; });
        if (found == processes.end()) break;
        chain.push_back(&*found);
        id = found->parent;
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
}

}  // namespace fstracker::report
