// SPDX-License-Identifier: Apache-2.0
#include "core/judge/process_story.hpp"

#include <algorithm>
#include <variant>

namespace fstracker::judge {

namespace {

constexpr std::size_t kMostAncestors = 64;

// Rules name root; of others the number is known and the name is not.
std::string user_of(std::uint32_t uid) { return uid == 0 ? "root" : std::to_string(uid); }

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text.push_back(' ');
        text += word;
    }
    return text;
}

}  // namespace

void ProcessStory::see(const event::Event& event) {
    if (const auto* fork = std::get_if<event::Fork>(&event)) {
        Actor actor;
        if (const Actor* parent = find(fork->parent)) actor = *parent;
        actor.id = fork->common.process;
        actor.parent = fork->parent;
        actor.pid = fork->common.pid;
        actor.user = user_of(fork->uid);
        actors_.insert_or_assign(actor.id, std::move(actor));
    } else if (const auto* exec = std::get_if<event::Exec>(&event)) {
        Actor actor;
        actor.id = exec->common.process;
        actor.parent = exec->parent;
        actor.pid = exec->common.pid;
        actor.image = exec->path.bytes;
        actor.script = exec->script_path.bytes;
        actor.command_line = joined(exec->arguments);
        actor.directory = exec->directory.bytes;
        actor.user = user_of(exec->uid);
        actors_.insert_or_assign(actor.id, std::move(actor));
    }
}

const Actor* ProcessStory::find(event::ProcessId id) const {
    const auto found = actors_.find(id);
    return found == actors_.end() ? nullptr : &found->second;
}

// What comes from the kernel may be anything: an entry is above another only where its number is lower.
const Actor* ProcessStory::parent_of(const Actor& actor) const {
    const Actor* above = find(actor.parent);
    for (event::ProcessId below = actor.id; above != nullptr && above->id < below; above = find(above->parent)) {
        if (above->pid != actor.pid) return above;
        below = above->id;
    }
    return nullptr;
}

std::vector<const Actor*> ProcessStory::ancestors_of(const Actor& actor) const {
    std::vector<const Actor*> ancestors;
    event::ProcessId below = actor.id;
    for (const Actor* above = find(actor.parent);
         above != nullptr && above->id < below && ancestors.size() < kMostAncestors; above = find(above->parent)) {
        below = above->id;
        const bool known = std::any_of(ancestors.begin(), ancestors.end(),
                                       [above](const Actor* one) { return one->image == above->image; });
        if (!known && !above->image.empty()) ancestors.push_back(above);
    }
    return ancestors;
}

}  // namespace fstracker::judge
