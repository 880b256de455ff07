// SPDX-License-Identifier: Apache-2.0
#include "core/run/object_history.hpp"

#include <algorithm>

namespace fstracker::run {

namespace {

constexpr std::uint32_t kReading = event::kRead | event::kExecute | event::kLoad;
constexpr std::uint32_t kWriting = event::kWrite | event::kCreate | event::kTruncate;

// What was there before is gone, or there was nothing: such an access reads no earlier content.
bool starts_empty(std::uint32_t access) { return (access & (event::kCreate | event::kTruncate)) != 0; }

bool same_bytes(const event::Stamp& a, const event::Stamp& b) { return a.size == b.size && a.mtime == b.mtime; }

}  // namespace

std::uint32_t ObjectHistory::path_index(const event::Path& path) {
    for (std::size_t i = paths_.size(); i-- > 0;) {
        if (paths_[i].bytes == path.bytes && paths_[i].truncated == path.truncated) return static_cast<std::uint32_t>(i);
    }
    paths_.push_back(path);
    return static_cast<std::uint32_t>(paths_.size() - 1);
}

void ObjectHistory::use(std::uint32_t path, std::uint32_t content, std::uint32_t access, event::ProcessId process,
                        std::int64_t time) {
    for (Use& known : uses_) {
        if (known.path != path || known.content != content) continue;
        known.access |= access;
        known.opens += 1;
        known.first = std::min(known.first, time);
        known.last = std::max(known.last, time);
        if (process != 0 && std::find(known.processes.rbegin(), known.processes.rend(), process) == known.processes.rend())
            known.processes.push_back(process);
        return;
    }
    uses_.push_back(Use{path, content, access, 1, time, time, {}});
    if (process != 0) uses_.back().processes.push_back(process);
}

void ObjectHistory::push_content(const event::Stamp& stamp) {
    contents_.push_back(Content{});
    contents_.back().stamp = stamp;
    for (const auto& [known, digest] : other_digests_) {
        if (known == stamp) contents_.back().digest = digest;
    }
}

void ObjectHistory::attach_pending() {
    const auto content = static_cast<std::uint32_t>(contents_.size() - 1);
    for (Use& pending : uses_) {
        if (pending.content != kPending) continue;
        const auto same = [&](const Use& other) { return other.path == pending.path && other.content == content; };
        const auto other = std::find_if(uses_.begin(), uses_.end(), same);
        if (other == uses_.end()) {
            pending.content = content;
            continue;
        }
        other->access |= pending.access;
        other->opens += pending.opens;
        other->first = std::min(other->first, pending.first);
        other->last = std::max(other->last, pending.last);
        for (const event::ProcessId process : pending.processes) {
            if (std::find(other->processes.begin(), other->processes.end(), process) == other->processes.end())
                other->processes.push_back(process);
        }
        pending.opens = 0;
    }
    std::erase_if(uses_, [](const Use& use) { return use.content == kPending; });
}

bool ObjectHistory::accessed(const event::Path& path, const event::Object& object, std::uint32_t access,
                             event::ProcessId process, std::int64_t time) {
    const bool first = uses_.empty();
    const bool writes = (access & kWriting) != 0;
    const bool reads = (access & kReading) != 0 && !starts_empty(access);
    const std::int32_t own = (access & event::kWrite) != 0 ? 1 : 0;
    if (first && !written_ && object.writers > own) outside_writer_ = true;
    last_ = object;
    const std::uint32_t index = path_index(path);
    if (!object.regular()) {
        if (contents_.empty()) push_content(object.stamp);
        use(index, 0, access, process, time);
        return false;
    }
    bool wanted = false;
    if (reads) {
        if (contents_.empty() || contents_.back().stamp != object.stamp) {
            push_content(object.stamp);
            attach_pending();
            wanted = !contents_.back().digest;
        }
        contents_.back().read = true;
        use(index, static_cast<std::uint32_t>(contents_.size() - 1), access, process, time);
    } else {
        use(index, kPending, access, process, time);
    }
    if (writes) {
        if (!reads && !contents_.empty()) contents_.back().opened_for_writing_later = true;
        written_ = true;
    }
    return wanted;
}

void ObjectHistory::folded(std::uint32_t access, event::ProcessId process, std::uint64_t count, std::int64_t last) {
    for (std::size_t i = uses_.size(); i-- > 0;) {
        Use& known = uses_[i];
        if ((known.access & access) != access) continue;
        if (std::find(known.processes.begin(), known.processes.end(), process) == known.processes.end()) continue;
        known.opens += count;
        known.last = std::max(known.last, last);
        return;
    }
}

void ObjectHistory::written_from_outside(const event::Object& object) {
    outside_writer_ = true;
    last_ = object;
}

void ObjectHistory::digested(const event::Digested& digested) {
    const bool held_still = digested.digest && digested.before == digested.after;
    bool placed = false;
    for (Content& content : contents_) {
        if (held_still && content.stamp == digested.before) {
            content.digest = digested.digest;
            content.refusal.reset();
            if (digested.verity) content.verity_digest = digested.verity_digest;
            placed = true;
        } else if (content.stamp == digested.wanted && !content.digest) {
            content.refusal = digested.digest ? event::Refusal::kLost : digested.refusal;
        }
    }
    if (held_still && !placed) other_digests_.emplace_back(digested.before, *digested.digest);
}

void ObjectHistory::named(const event::Path& path, const event::Object& object, std::uint32_t access,
                          event::ProcessId process, std::int64_t time) {
    if ((access & event::kUnlink) != 0 && !contents_.empty() && same_bytes(contents_.back().stamp, object.stamp))
        unlinked_unchanged_ = true;
    last_ = object;
    if ((access & kWriting) != 0) {
        written_ = true;
        if (!contents_.empty()) contents_.back().opened_for_writing_later = true;
    }
    const std::uint32_t index = path_index(path);
    const bool pending = contents_.empty() || (access & kWriting) != 0;
    const bool others_pending = std::any_of(uses_.begin(), uses_.end(), [](const Use& use) { return use.content == kPending; });
    if (!object.regular() && contents_.empty()) push_content(object.stamp);
    if (!object.regular())
        use(index, 0, access, process, time);
    else
        use(index, pending || others_pending ? kPending : static_cast<std::uint32_t>(contents_.size() - 1), access, process, time);
}

void ObjectHistory::ended(const event::FinalStamp& final) {
    final_ = final.stamp;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
        if (std::find(final.gone_paths.begin(), final.gone_paths.end(), paths_[i].bytes) != final.gone_paths.end())
            gone_paths_.push_back(static_cast<std::uint32_t>(i));
    }
    const bool pending = std::any_of(uses_.begin(), uses_.end(), [](const Use& use) { return use.content == kPending; });
    if (!final_) {
        if (!pending) return;
        if (contents_.empty() || (contents_.back().opened_for_writing_later && !unlinked_unchanged_)) {
            push_content(event::Stamp{});
            contents_.back().refusal = event::Refusal::kGone;
        }
        attach_pending();
        return;
    }
    const bool other_content = contents_.empty() || contents_.back().stamp != *final_;
    if (other_content && (pending || written_)) {
        const bool inherits_writers = !pending;
        push_content(*final_);
        if (inherits_writers) {  // whoever wrote what was read before has gone on writing
            std::vector<Use> writers;
            const auto before = static_cast<std::uint32_t>(contents_.size() - 2);
            for (const Use& known : uses_) {
                if (known.content != before || (known.access & kWriting) == 0) continue;
                writers.push_back(known);
                writers.back().content = static_cast<std::uint32_t>(contents_.size() - 1);
                writers.back().access &= kWriting;
                writers.back().opens = 1;
            }
            uses_.insert(uses_.end(), writers.begin(), writers.end());
        }
    }
    if (!contents_.empty()) attach_pending();
}

const event::Path& ObjectHistory::path_at_end() const {
    for (std::size_t i = paths_.size(); i-- > 0;) {
        if (std::find(gone_paths_.begin(), gone_paths_.end(), i) == gone_paths_.end()) return paths_[i];
    }
    return paths_.back();
}

bool ObjectHistory::unchanged_since(const Content& content) const {
    if (!final_) return false;
    if (content.stamp == *final_) return true;
    if (!same_bytes(content.stamp, *final_)) return false;
    // Only the change time moved (a link, a rename, a mode): the bytes are the same when a digest taken now says so.
    return std::any_of(other_digests_.begin(), other_digests_.end(),
                       [&](const auto& other) { return other.first == *final_ && content.digest == other.second; });
}

bool ObjectHistory::wants_final_digest() const {
    if (!final_ || !last_.regular() || contents_.empty()) return false;
    const Content& content = contents_.back();
    if (content.stamp == *final_) return !content.digest && !(content.refusal && content.refusal != event::Refusal::kLost);
    return content.digest && same_bytes(content.stamp, *final_) && !unchanged_since(content);
}

std::pair<Binding, event::Refusal> ObjectHistory::binding(std::size_t index, bool last_different) const {
    const Content& content = contents_[index];
    if (!last_.regular()) return {Binding::kNone, event::Refusal::kNotRegular};
    if (!content.digest) return {Binding::kNone, content.refusal.value_or(event::Refusal::kLost)};
    if (!content.verity_digest.empty()) return {Binding::kKernel, {}};
    if (!last_different) return {Binding::kChanged, {}};
    const bool unchanged = unchanged_since(content);
    if (outside_writer_) return {unchanged ? Binding::kContended : Binding::kChanged, {}};
    if (written_) {
        if (!unchanged && !(unlinked_unchanged_ && !final_)) return {Binding::kChanged, {}};
        if (content.read && content.opened_for_writing_later) return {Binding::kContended, {}};
        return {Binding::kOwn, {}};
    }
    return {unchanged && contents_.size() == 1 ? Binding::kStable : Binding::kChanged, {}};
}

std::optional<event::Sha256> ObjectHistory::digest_used_by(event::ProcessId process, std::uint32_t access) const {
    for (std::size_t i = uses_.size(); i-- > 0;) {
        const Use& known = uses_[i];
        if ((known.access & access) == 0 || known.content >= contents_.size()) continue;
        if (std::find(known.processes.begin(), known.processes.end(), process) == known.processes.end()) continue;
        return contents_[known.content].digest;
    }
    return std::nullopt;
}

void ObjectHistory::append_entries(const event::ObjectId& id, std::vector<FileEntry>& out) const {
    // Contents of equal digest that follow each other are one content: the later stamp stands for both.
    std::vector<std::uint32_t> stands_for(contents_.size());
    for (std::size_t i = contents_.size(); i-- > 0;) {
        const bool same = i + 1 < contents_.size() && contents_[i].digest && contents_[i].digest == contents_[i + 1].digest;
        stands_for[i] = same ? stands_for[i + 1] : static_cast<std::uint32_t>(i);
    }
    std::vector<FileEntry> entries;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> keys;  // (path, content) of entries
    for (const Use& known : uses_) {
        const bool placed = known.content < contents_.size();
        const std::uint32_t content = placed ? stands_for[known.content] : kPending;
        const auto key = std::pair(known.path, content);
        const auto at = std::find(keys.begin(), keys.end(), key);
        if (at != keys.end()) {
            FileEntry& entry = entries[static_cast<std::size_t>(at - keys.begin())];
            entry.access |= known.access;
            entry.opens += known.opens;
            entry.first_access = std::min(entry.first_access, known.first);
            entry.last_access = std::max(entry.last_access, known.last);
            entry.processes.insert(entry.processes.end(), known.processes.begin(), known.processes.end());
            continue;
        }
        FileEntry entry;
        entry.path = paths_[known.path];
        entry.path.deleted = false;
        entry.object = id;
        entry.mode = last_.mode;
        entry.access = known.access;
        entry.opens = known.opens;
        entry.processes = known.processes;
        entry.first_access = known.first;
        entry.last_access = known.last;
        if (placed) {
            const bool is_last = stands_for.back() == content;
            std::tie(entry.binding, entry.reason) = binding(content, is_last);
            if (entry.binding != Binding::kNone) entry.digest = contents_[content].digest;
            entry.verity_digest = contents_[content].verity_digest;
            entry.size = contents_[content].stamp.size;
            const bool gone = std::find(gone_paths_.begin(), gone_paths_.end(), known.path) != gone_paths_.end();
            entry.output = written_ && is_last && final_ && !gone && last_.regular() && entry.digest && !entry.path.truncated;
        } else {
            entry.reason = last_.regular() ? event::Refusal::kLost : event::Refusal::kNotRegular;
            entry.size = last_.stamp.size;
        }
        entries.push_back(std::move(entry));
        keys.push_back(key);
    }
    // In order of path, and under one path in order of content.
    std::vector<std::size_t> order(entries.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    for (const std::size_t i : order) {
        auto& processes = entries[i].processes;
        std::sort(processes.begin(), processes.end());
        processes.erase(std::unique(processes.begin(), processes.end()), processes.end());
        out.push_back(std::move(entries[i]));
    }
}

}  // namespace fstracker::run
