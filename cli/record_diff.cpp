// SPDX-License-Identifier: Apache-2.0
#include "cli/record_diff.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace fstracker::cli {
namespace {

struct Contents {
    std::string role;
    std::set<event::Sha256> digests;
};

std::map<std::string, Contents> files_of(const run::Record& record) {
    std::map<std::string, Contents> files;
    for (const auto& file : record.files) {
        if (file.binding == run::Binding::kNone && file.reason == event::Refusal::kNotRegular) continue;
        auto& contents = files[file.path.bytes];
        contents.role = file.role;
        if (file.digest) contents.digests.insert(*file.digest);
    }
    return files;
}

std::set<std::string> programs_of(const run::Record& record) {
    std::set<std::string> programs;
    for (const auto& process : record.processes) {
        if (process.executable) programs.insert(process.executable->path.bytes);
    }
    return programs;
}

std::set<std::string> peers_of(const run::Record& record) {
    std::set<std::string> peers;
    for (const auto& peer : record.connections) {
        const auto& name = peer.hostname.empty() ? peer.address : peer.hostname;
        peers.insert(peer.protocol + ' ' + name + (peer.port != 0 ? ' ' + std::to_string(peer.port) : ""));
    }
    return peers;
}

std::vector<std::string> without(const std::set<std::string>& from, const std::set<std::string>& what) {
    std::vector<std::string> rest;
    std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(rest));
    return rest;
}

}  // namespace

bool RecordDiff::same() const {
    return only_first.empty() && only_second.empty() && changed.empty() && programs_only_first.empty() &&
           programs_only_second.empty() && peers_only_first.empty() && peers_only_second.empty();
}

RecordDiff compare(const run::Record& first, const run::Record& second) {
    RecordDiff diff;
    const auto left = files_of(first);
    const auto right = files_of(second);
    for (const auto& [path, contents] : left) {
        const auto other = right.find(path);
        if (other == right.end())
            diff.only_first.push_back({path, contents.role, contents.digests, {}});
        else if (other->second.digests != contents.digests)
            diff.changed.push_back({path, other->second.role, contents.digests, other->second.digests});
    }
    for (const auto& [path, contents] : right) {
        if (left.count(path) == 0) diff.only_second.push_back({path, contents.role, {}, contents.digests});
    }
    diff.programs_only_first = without(programs_of(first), programs_of(second));
    diff.programs_only_second = without(programs_of(second), programs_of(first));
    diff.peers_only_first = without(peers_of(first), peers_of(second));
    diff.peers_only_second = without(peers_of(second), peers_of(first));
    return diff;
}

}  // namespace fstracker::cli
