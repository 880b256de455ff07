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
        actor.maker = 0;
        actor.ancestors.clear();
        actor.id = fork->common.process;
        actor.parent = fork->parent;
        actor.pid = fork->common.pid;
        actor.user = user_of(fork->uid);
        add(std::move(actor));
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
        add(std::move(actor));
    }
}

const Actor* ProcessStory::find(event::ProcessId id) const {
    const auto found = actors_.find(id);
    return found == actors_.end() ? nullptr : &found->second;
}

// What comes from the kernel may be anything: an entry is above another only where its number is lower.
void ProcessStory::add(Actor actor) {
    std::vector<const std::string*> images;
    event::ProcessId below = actor.id;
    for (const Actor* above = find(actor.parent);
         above != nullptr && above->id < below && actor.ancestors.size() < kMostAncestors;
         above = find(above->parent)) {
        below = above->id;
        if (actor.maker == 0 && above->pid != actor.pid) actor.maker = above->id;
        const bool known = std::any_of(images.begin(), images.end(),
                                       [above](const std::string* image) { return *image == above->image; });
        if (known || above->image.empty()) continue;
        images.push_back(&above->image);
        actor.ancestors.push_back(above->id);
    }
    const event::ProcessId id = actor.id;
    actors_.insert_or_assign(id, std::move(actor));
}

}  // namespace fstracker::judge
