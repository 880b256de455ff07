// SPDX-License-Identifier: Apache-2.0
#include "core/run/object_history.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace fstracker::run {

namespace {

constexpr std::uint32_t kReading = event::kRead | event::kExecute | event::kLoad;
constexpr std::uint32_t kWriting = event::kWrite | event::kCreate | event::kTruncate;
constexpr std::uint32_t kNaming = event::kRename | event::kLink;

constexpr std::size_t kManyUses = 16;             // from here on an index finds them
constexpr std::uint32_t kNoContent = 0xffffffff;  // of a use whose content never came

// Within this of its change time, a content may change again and keep its stamp: times move with the timer's tick, and
// a write moves them before it moves the bytes.
constexpr std::int64_t kYoung = 20'000'000;

// What was there before is gone, or there was nothing: such an access reads no earlier content.
bool starts_empty(std::uint32_t access) { return (access & (event::kCreate | event::kTruncate)) != 0; }

// A mapping of a file on overlayfs counts as a writer of the layer below, which is another object.
bool writers_are_known(const event::Object& object) {
    constexpr std::uint64_t kOverlayfs = 0x794c7630;
    return object.magic != kOverlayfs;
}

bool same_bytes(const event::Stamp& a, const event::Stamp& b) { return a.size == b.size && a.mtime == b.mtime; }

void add_process(std::vector<event::ProcessId>& processes, event::ProcessId process) {
    if (process != 0 && std::find(processes.rbegin(), processes.rend(), process) == processes.rend())
        processes.push_back(process);
}

}  // namespace

std::uint32_t ObjectHistory::path_index(const event::Path& path) {
    for (std::size_t i = paths_.size(); i-- > 0;) {
        if (paths_[i].bytes == path.bytes && paths_[i].truncated == path.truncated)
            return static_cast<std::uint32_t>(i);
    }
    paths_.push_back(path);
    return static_cast<std::uint32_t>(paths_.size() - 1);
}

bool ObjectHistory::is_gone(std::uint32_t path) const {
    return std::find(gone_paths_.begin(), gone_paths_.end(), path) != gone_paths_.end();
}

namespace {

template <typename Use>
void merge(Use& into, const Use& added) {
    into.access |= added.access;
    into.opens += added.opens;
    into.first = std::min(into.first, added.first);
    into.last = std::max(into.last, added.last);
    for (const event::ProcessId process : added.processes) add_process(into.processes, process);
}

}  // namespace

// What every access and every change of a name comes to, whatever the content.
ObjectHistory::Use ObjectHistory::touched(const event::Path& path, const event::Object& object, std::uint32_t access,
                                          event::ProcessId process, std::int64_t time) {
    if (!seen_ && !starts_empty(access)) found_ = object.stamp;
    seen_ = true;
    if ((access & event::kCreate) != 0) {  // made by the run, though another record may have come first
        found_.reset();
        for (Content& content : contents_) content.found = false;
    }
    last_ = object;
    last_time_ = std::max(last_time_, time);
    Use use{path_index(path), 0, access, 1, time, time, {}};
    add_process(use.processes, process);
    return use;
}

// Most objects have one use or two, a few have thousands: an index only for those.
ObjectHistory::Use* ObjectHistory::find_use(std::uint32_t content, std::uint32_t path) {
    if (uses_.size() < kManyUses) {
        const auto known = std::find_if(uses_.rbegin(), uses_.rend(),
                                        [&](const Use& use) { return use.content == content && use.path == path; });
        return known == uses_.rend() ? nullptr : &*known;
    }
    for (std::size_t i = use_of_.size(); i < uses_.size(); ++i)
        use_of_.emplace(std::uint64_t{uses_[i].content} << 32 | uses_[i].path, i);
    const auto known = use_of_.find(std::uint64_t{content} << 32 | path);
    return known == use_of_.end() ? nullptr : &uses_[known->second];
}

void ObjectHistory::use(const Use& added) {
    if (Use* known = find_use(added.content, added.path))
        merge(*known, added);
    else
        uses_.push_back(added);
}

void ObjectHistory::use_to_come(const Use& added) {
    const auto known =
        std::find_if(pending_.begin(), pending_.end(), [&](const Use& use) { return use.path == added.path; });
    if (known == pending_.end())
        pending_.push_back(added);
    else
        merge(*known, added);
}

void ObjectHistory::push_content(const event::Stamp& stamp) {
    Content content;
    content.stamp = stamp;
    content.found = !written_ || stamp == found_;
    for (const OtherDigest& other : other_digests_) {
        if (other.stamp != stamp) continue;
        content.digest = other.digest;
        content.digested_at = other.at;
    }
    contents_.push_back(std::move(content));
}

void ObjectHistory::opened_for_writing() {
    for (Content& content : contents_) content.settled = false;
}

void ObjectHistory::attach_pending() {
    for (Use& pending : pending_) {
        pending.content = last_content();
        use(pending);
    }
    pending_.clear();
}

// Whoever wrote an earlier content may have written this one through the same descriptor, and a name that was given to
// an earlier one leads to this one. `readers` of the content before this: may have read this one.
void ObjectHistory::carry_over(bool readers) {
    const std::size_t count = uses_.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (uses_[i].content == last_content()) continue;
        const std::uint32_t reading = readers && uses_[i].content + 1 == last_content() ? kReading : 0;
        if ((uses_[i].access & (kWriting | kNaming | reading)) == 0) continue;
        Use carried = uses_[i];
        carried.content = last_content();
        carried.access &= kWriting | kNaming | reading | event::kInherit | event::kReceive;
        carried.opens = find_use(carried.content, carried.path) == nullptr ? 1 : 0;
        use(carried);
    }
}

bool ObjectHistory::accessed(const event::Path& path, const event::Object& object, std::uint32_t access,
                             event::ProcessId process, std::int64_t time) {
    const bool writes = (access & kWriting) != 0;
    const bool reads = (access & kReading) != 0 && !starts_empty(access);
    const std::int32_t own = (access & event::kWrite) != 0 ? 1 : 0;
    if (uses_.empty() && pending_.empty() && !written_ && object.writers > own) outside_writer_ = true;
    Use added = touched(path, object, access, process, time);
    if (!object.regular()) {
        if (contents_.empty()) push_content(object.stamp);
        use(added);
        return false;
    }
    bool wanted = false;
    if (reads && (contents_.empty() || contents_.back().stamp != object.stamp)) {
        if (!contents_.empty() && !same_bytes(contents_.back().stamp, object.stamp)) unlinked_unchanged_ = false;
        push_content(object.stamp);
        attach_pending();
        wanted = !contents_.back().digest;
        contents_.back().settled = wanted && object.writers <= 0 && !writers_unseen_ && writers_are_known(object);
    }
    if (reads || (!writes && !contents_.empty())) {
        added.content = last_content();
        use(added);
    } else {
        use_to_come(added);
    }
    if (writes) {
        written_ = true;
        unlinked_unchanged_ = false;
        opened_for_writing();
    }
    return wanted;
}

void ObjectHistory::called(std::uint32_t name, const event::Path& path) {
    if (name == 0) return;
    const std::pair known(name, path_index(path));
    if (std::find(names_.begin(), names_.end(), known) == names_.end()) names_.push_back(known);
}

bool ObjectHistory::may_be_called(std::uint32_t name, std::uint32_t path) const {
    const auto named = [name](const auto& known) { return known.first == name; };
    if (std::none_of(names_.begin(), names_.end(), named)) return true;
    return std::find(names_.begin(), names_.end(), std::pair(name, path)) != names_.end();
}

void ObjectHistory::folded(const event::FoldTotal& fold) {
    for (std::vector<Use>* uses : {&pending_, &uses_}) {  // the newest first
        const auto known = std::find_if(uses->rbegin(), uses->rend(), [&](const Use& use) {
            return (use.access & fold.access) == fold.access && may_be_called(fold.name, use.path) &&
                   std::find(use.processes.begin(), use.processes.end(), fold.process) != use.processes.end();
        });
        if (known == uses->rend()) continue;
        known->opens += fold.count;
        known->last = std::max(known->last, fold.last);
        return;
    }
}

void ObjectHistory::written_from_outside(const event::Object& object) {
    outside_writer_ = true;
    last_ = object;
    opened_for_writing();
}

void ObjectHistory::digested(const event::Digested& digested) {
    const bool held_still = digested.digest && digested.before == digested.after;
    bool placed = false;
    bool other_bytes = false;
    for (Content& content : contents_) {
        if (held_still && content.stamp == digested.before) {
            other_bytes = content.digest && content.digest != digested.digest;
            placed = true;
            if (!other_bytes) content.take(digested, final_.has_value());
        } else if (content.stamp == digested.wanted && !content.digest) {
            content.refusal = digested.digest ? event::Refusal::kLost : digested.refusal;
        }
    }
    if (held_still && !placed) other_digests_.push_back({digested.before, *digested.digest, digested.time});
    if (other_bytes && contents_.back().stamp == digested.before) changed_without_a_sign(digested);
}

void ObjectHistory::Content::take(const event::Digested& digested, bool at_end) {
    digest = digested.digest;
    digested_at = digested.time;
    refusal.reset();
    if (digested.verity) verity_digest = digested.verity_digest;
    settled = settled || at_end;
}

bool ObjectHistory::Content::digested_young() const { return digested_at < stamp.ctime + kYoung; }

// Other bytes under the stamp of the last content: it was stored to through a mapping, or its digest was taken when a
// write had moved its times and not yet its bytes.
void ObjectHistory::changed_without_a_sign(const event::Digested& digested) {
    const bool was_young = contents_.back().digested_young();
    Content content;
    content.stamp = digested.before;
    content.found = !written_;
    content.take(digested, final_.has_value());
    contents_.push_back(std::move(content));
    carry_over(was_young);
}

void ObjectHistory::named(const event::Path& path, const event::Object& object, std::uint32_t access,
                          event::ProcessId process, std::int64_t time) {
    const bool writes = (access & kWriting) != 0;
    if ((access & event::kUnlink) != 0 && !contents_.empty() && same_bytes(contents_.back().stamp, object.stamp))
        unlinked_unchanged_ = true;
    if (writes) {
        written_ = true;
        unlinked_unchanged_ = false;
        opened_for_writing();
    }
    Use added = touched(path, object, access, process, time);
    if (!object.regular()) {
        if (contents_.empty()) push_content(object.stamp);
        use(added);
    } else if (writes || contents_.empty() || !pending_.empty()) {
        use_to_come(added);
    } else {
        added.content = last_content();
        use(added);
    }
}

void ObjectHistory::ended(const event::FinalStamp& final) {
    ended_ = true;
    final_ = final.stamp;
    for (std::uint32_t i = 0; i < paths_.size(); ++i) {
        if (std::find(final.gone_paths.begin(), final.gone_paths.end(), paths_[i].bytes) != final.gone_paths.end())
            gone_paths_.push_back(i);
    }
    if (final_) {
        const bool other_content = contents_.empty() || contents_.back().stamp != *final_;
        if (other_content && (!pending_.empty() || written_)) {
            push_content(*final_);
            attach_pending();
            carry_over(false);
        }
    } else if (!pending_.empty() && (contents_.empty() || !unlinked_unchanged_)) {
        push_content(event::Stamp{last_.stamp.size, 0, 0});
        contents_.back().refusal = event::Refusal::kGone;
    }
    if (!contents_.empty()) attach_pending();
}

const event::Path& ObjectHistory::path_at_end() const {
    for (std::size_t i = paths_.size(); i-- > 0;) {
        if (!is_gone(static_cast<std::uint32_t>(i))) return paths_[i];
    }
    return paths_.back();
}

bool ObjectHistory::unchanged_since(const Content& content) const {
    if (!final_) return false;
    if (content.stamp == *final_) return true;
    if (!same_bytes(content.stamp, *final_)) return false;
    // Only the change time moved (a link, a rename, a mode): the bytes are the same when a digest taken now says so.
    return std::any_of(other_digests_.begin(), other_digests_.end(), [&](const OtherDigest& other) {
        return other.stamp == *final_ && content.digest == other.digest;
    });
}

bool ObjectHistory::wants_final_digest() const {
    if (!final_ || !last_.regular() || contents_.empty()) return false;
    const Content& content = contents_.back();
    if (content.stamp != *final_)
        return content.digest && same_bytes(content.stamp, *final_) && !unchanged_since(content);
    if (content.digest) return written_ && (!content.settled || content.digested_young());
    // Not found then, and found now.
    return !content.refusal || *content.refusal == event::Refusal::kLost || *content.refusal == event::Refusal::kGone;
}

// Contents of equal digest that follow each other are one: to each the last of its kind, which stands for all of them.
std::vector<std::uint32_t> ObjectHistory::equal_contents() const {
    std::vector<std::uint32_t> stands_for(contents_.size());
    for (std::size_t i = contents_.size(); i-- > 0;) {
        const bool same =
            i + 1 < contents_.size() && contents_[i].digest && contents_[i].digest == contents_[i + 1].digest;
        stands_for[i] = same ? stands_for[i + 1] : static_cast<std::uint32_t>(i);
    }
    return stands_for;
}

// Written or made by the run, and there at the end: not what it found and left as it was.
bool ObjectHistory::is_output() const {
    return written_ && final_ && last_.regular() && !contents_.empty() && !contents_.back().found;
}

std::pair<Binding, event::Refusal> ObjectHistory::binding(std::uint32_t index,
                                                          const std::vector<std::uint32_t>& stands_for) const {
    const Content& content = contents_[index];
    if (!last_.regular()) return {Binding::kNone, event::Refusal::kNotRegular};
    if (!content.digest) return {Binding::kNone, content.refusal.value_or(event::Refusal::kLost)};
    if (!content.verity_digest.empty()) return {Binding::kKernel, {}};
    if (index != stands_for.back()) return {Binding::kChanged, {}};
    const bool unchanged = unchanged_since(content);
    if (outside_writer_) return {unchanged ? Binding::kContended : Binding::kChanged, {}};
    if (written_) {
        if (!unchanged && !(unlinked_unchanged_ && !final_)) return {Binding::kChanged, {}};
        // What was found and read is never the run's own, though it was written with the same bytes again.
        if (content.found) return {Binding::kContended, {}};
        for (std::size_t i = 0; i < index; ++i) {
            if (stands_for[i] == index && contents_[i].found) return {Binding::kChanged, {}};
        }
        return {Binding::kOwn, {}};
    }
    const bool one_content = stands_for.front() == index && same_bytes(contents_.front().stamp, content.stamp);
    if (!unchanged || !one_content) return {Binding::kChanged, {}};
    return {writers_unseen_ ? Binding::kContended : Binding::kStable, {}};
}

std::optional<event::Sha256> ObjectHistory::digest_used_by(event::ProcessId process, std::uint32_t access) const {
    for (std::size_t i = uses_.size(); i-- > 0;) {
        const Use& known = uses_[i];
        if ((known.access & access) == 0) continue;
        if (std::find(known.processes.begin(), known.processes.end(), process) == known.processes.end()) continue;
        return contents_[known.content].digest;
    }
    return std::nullopt;
}

// `use.content` is that of the digest's content, or kNoContent.
FileEntry ObjectHistory::entry_of(Use use, const std::vector<std::uint32_t>& stands_for) const {
    FileEntry entry;
    entry.path = paths_[use.path];
    entry.path.deleted = false;
    entry.object = last_.id;
    entry.mode = last_.mode;
    entry.access = use.access;
    entry.opens = use.opens;
    entry.processes = std::move(use.processes);
    std::sort(entry.processes.begin(), entry.processes.end());
    entry.first_access = use.first;
    entry.last_access = use.last;
    if (use.content == kNoContent) {
        entry.reason = last_.regular() ? event::Refusal::kLost : event::Refusal::kNotRegular;
        entry.size = last_.stamp.size;
        return entry;
    }
    const Content& content = contents_[use.content];
    std::tie(entry.binding, entry.reason) = binding(use.content, stands_for);
    if (entry.binding != Binding::kNone) entry.digest = content.digest;
    entry.verity_digest = content.verity_digest;
    entry.size = content.stamp.size;
    entry.output =
        use.content == stands_for.back() && is_output() && !is_gone(use.path) && entry.digest && !entry.path.truncated;
    return entry;
}

void ObjectHistory::append_entries(std::vector<FileEntry>& out) const {
    const std::vector<std::uint32_t> stands_for = equal_contents();
    if (uses_.size() == 1 && pending_.empty()) {
        Use only = uses_.front();
        only.content = stands_for[only.content];
        out.push_back(entry_of(std::move(only), stands_for));
        return;
    }
    // In order of path, and under one path in order of content; what is still pending belongs to none.
    std::map<std::pair<std::uint32_t, std::uint32_t>, Use> merged;
    const auto add = [&merged](const Use& use, std::uint32_t content) {
        const auto [known, is_new] = merged.try_emplace({use.path, content}, use);
        known->second.content = content;
        if (!is_new) merge(known->second, use);
    };
    for (const Use& use : uses_) add(use, stands_for[use.content]);
    for (const Use& use : pending_) add(use, kNoContent);
    for (auto& [key, use] : merged) out.push_back(entry_of(std::move(use), stands_for));
}

}  // namespace fstracker::run
