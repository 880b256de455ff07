// SPDX-License-Identifier: Apache-2.0
#include "core/run/lineage.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>

namespace fstracker::run {

namespace {

constexpr std::uint32_t kUses = event::kRead | event::kLoad | event::kExecute;
constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;

// Passages that can be walked to from `runs`, nearest first. `near` and `far` are the ends in the direction of the
// walk.
std::vector<Passage> walk(const std::vector<Passage>& all, const std::vector<std::size_t>& runs,
                          std::size_t Passage::*near, std::size_t Passage::*far) {
    std::multimap<std::size_t, const Passage*> by_near;
    for (const Passage& passage : all) by_near.emplace(passage.*near, &passage);
    std::vector<Passage> found;
    std::set<std::size_t> seen(runs.begin(), runs.end());
    std::vector<std::size_t> next(seen.begin(), seen.end());
    for (std::size_t i = 0; i < next.size(); ++i) {
        const auto [begin, end] = by_near.equal_range(next[i]);
        for (auto one = begin; one != end; ++one) {
            found.push_back(*one->second);
            if (seen.insert(one->second->*far).second) next.push_back(one->second->*far);
        }
    }
    return found;
}

}  // namespace

void Lineage::add(const Record& record) {
    const RunInfo& info = record.info;
    const std::size_t run =
        add(Run{info.id, info.pipeline, info.step, info.started, info.finished, record.completeness.complete});
    for (const FileEntry& entry : record.files) {
        if (!entry.digest || entry.size == 0 || (entry.mode & S_IFMT) != S_IFREG) continue;
        const bool used = (entry.access & kUses) != 0 && (entry.access & kWrites) == 0;
        if (!entry.output && !used) continue;
        std::vector<Handling>& handlings = handlings_[*entry.digest];
        const bool known = !handlings.empty() && handlings.back().run == run &&
                           handlings.back().wrote == entry.output && handlings.back().path == entry.path.bytes;
        if (!known)
            handlings.push_back({run, entry.path.bytes, entry.output ? entry.last_access : entry.first_access,
                                 entry.output, entry.access});
    }
}

std::size_t Lineage::add(Run run) {
    runs_.push_back(std::move(run));
    return runs_.size() - 1;
}

std::vector<Handling> Lineage::of(const event::Sha256& content) const {
    const auto known = handlings_.find(content);
    if (known == handlings_.end()) return {};
    std::vector<Handling> all = known->second;
    std::sort(all.begin(), all.end(), [](const Handling& left, const Handling& right) {
        return std::tie(left.when, left.run, left.path) < std::tie(right.when, right.run, right.path);
    });
    return all;
}

std::vector<event::Sha256> Lineage::under(const std::string& path) const {
    std::vector<event::Sha256> contents;
    for (const auto& [content, handlings] : handlings_)
        if (std::any_of(handlings.begin(), handlings.end(), [&](const Handling& one) { return one.path == path; }))
            contents.push_back(content);
    return contents;
}

std::vector<Passage> Lineage::passages(const event::Sha256& content, const std::vector<Handling>& handlings) const {
    std::vector<const Handling*> writers;
    for (const Handling& one : handlings)
        if (one.wrote) writers.push_back(&one);
    std::vector<Passage> all;
    if (writers.empty()) return all;
    for (const Handling& reader : handlings) {
        if (reader.wrote) continue;
        const Handling* writer = nullptr;
        for (const Handling* one : writers) {
            const bool may_be = one->run != reader.run && runs_[one->run].started < runs_[reader.run].finished;
            if (may_be && (writer == nullptr || runs_[one->run].started > runs_[writer->run].started)) writer = one;
        }
        if (writer != nullptr) all.push_back({writer->run, reader.run, content, writer->path, reader.path});
    }
    return all;
}

std::vector<Passage> Lineage::passages() const {
    std::vector<Passage> all;
    for (const auto& [content, handlings] : handlings_) {
        auto some = passages(content, handlings);
        all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
}

std::vector<Passage> Lineage::into(const std::vector<std::size_t>& runs) const {
    return walk(passages(), runs, &Passage::to, &Passage::from);
}

std::vector<Passage> Lineage::out_of(const std::vector<std::size_t>& runs) const {
    return walk(passages(), runs, &Passage::from, &Passage::to);
}

}  // namespace fstracker::run
