// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "core/base/hex.hpp"
#include "core/baseline/baseline_text.hpp"
#include "core/baseline/entry_words.hpp"
#include "core/baseline/yaml_reader.hpp"

namespace fstracker::baseline {

namespace {

constexpr auto kHint = "docs/baselines.md says what a line looks like; git shows what was there before";

class Reader {
  public:
    Reader(std::string_view text, const std::string& name) : yaml_(text, name) {}

    Result<Baseline> read() {
        bool versioned = false;
        auto status = yaml_.document([&](const std::string& key) {
            if (!versioned && key != "baseline")
                return yaml_.refuse("a baseline begins with its version", "baseline: 1");
            if (key == "baseline") {
                versioned = true;
                if (const std::string version = yaml_.text(); version != kBaselineVersion)
                    yaml_.refuse("baselines of version " + version + " are not known here");
            } else {
                section(key);
            }
        });
        if (!status) return fail(status.error());
        return std::move(baseline_);
    }

  private:
    void section(const std::string& key) {
        if (key == "pipeline") {
            baseline_.pipeline = yaml_.text();
        } else if (key == "step") {
            baseline_.step = yaml_.text();
        } else if (key == "runs") {
            yaml_.mapping([this](const std::string& run) { taught_by(run); });
            runs_ = static_cast<std::uint32_t>(baseline_.runs.size());
        } else if (key == "accepted") {
            yaml_.mapping([this](const std::string& fingerprint) { accepted(fingerprint); });
        } else if (key == "novelty") {
            yaml_.mapping([this](const std::string& what) { baseline_.novelty[what] = number(yaml_.text()); });
        } else if (key == "volumes") {
            yaml_.mapping([this](const std::string& what) { volume(what); });
        } else if (key == "blind spots") {
            yaml_.mapping([this](const std::string& spot) { baseline_.blind_spots[spot] = sightings(yaml_.text()); });
        } else if (key == "programs") {
            yaml_.mapping([this](const std::string& name) { program(baseline_.programs[own_name(name)]); });
        } else {
            yaml_.refuse(
                "unknown key " + key,
                "keys are baseline, pipeline, step, runs, accepted, novelty, volumes, blind spots and programs");
        }
    }

    void taught_by(const std::string& run) {
        constexpr std::string_view kPrefix = "sha256:";
        const std::string digest = yaml_.text();
        if (yaml_.failed()) return;
        if (!digest.starts_with(kPrefix) || digest.size() != kPrefix.size() + 64 ||
            !base::from_hex(digest.substr(kPrefix.size())))
            return yaml_.refuse("here must be sha256: and 64 hex digits", kHint);
        baseline_.runs.push_back({run, digest.substr(kPrefix.size())});
    }

    void accepted(const std::string& fingerprint) {
        Acceptance acceptance;
        acceptance.fingerprint = fingerprint;
        yaml_.mapping([&](const std::string& key) {
            if (key == "finding")
                acceptance.finding = yaml_.text();
            else if (key == "run")
                acceptance.run = yaml_.text();
            else if (key == "reason")
                acceptance.reason = yaml_.text();
            else
                yaml_.refuse("unknown key " + key, "what was accepted has finding, run and reason");
        });
        if (acceptance.reason.empty()) yaml_.refuse("what was accepted needs a reason");
        baseline_.accepted.push_back(std::move(acceptance));
    }

    void volume(const std::string& what) {
        const std::string text = yaml_.text();
        std::vector<std::uint64_t>& values = baseline_.volumes[what];
        for (const char* at = text.data(); at < text.data() + text.size();) {
            const auto parsed = std::from_chars(at, text.data() + text.size(), values.emplace_back());
            if (parsed.ec != std::errc()) return yaml_.refuse("here must be numbers: " + text, kHint);
            at = parsed.ptr + 1;
        }
    }

    void program(ProgramEntry& program) {
        yaml_.mapping([&](const std::string& key) {
            if (key == "runs")
                program.seen = sightings(yaml_.text());
            else if (key == "started by")
                yaml_.mapping(
                    [&](const std::string& name) { program.started_by[own_name(name)] = sightings(yaml_.text()); });
            else if (key == "network")
                yaml_.mapping([&](const std::string& peer) { program.peers[peer] = sightings(yaml_.text()); });
            else if (key == "files")
                yaml_.mapping([&](const std::string& group) { files(program, group); });
            else
                yaml_.refuse("unknown key " + key, "a program has runs, started by, network and files");
        });
    }

    void files(ProgramEntry& program, const std::string& words) {
        const auto group = read_group(words);
        if (!group) return yaml_.refuse("these are no access, role and folder: " + words, kHint);
        yaml_.mapping([&](const std::string& name) {
            const std::string value = yaml_.text();
            if (yaml_.failed()) return;
            auto entry = read_entry(value, runs_);
            if (!entry) return yaml_.refuse("this is no entry of a file: " + value, kHint);
            entry->access = group->access;
            entry->role = group->role;
            if (!program.files.try_emplace(group->folder + name, std::move(*entry)).second)
                yaml_.refuse(group->folder + name + " is there twice for one program");
        });
    }

    Sightings sightings(const std::string& words) {
        const auto seen = read_sightings(words, runs_);
        if (!seen) yaml_.refuse("this is no number of the runs above: " + words, kHint);
        return seen.value_or(Sightings{});
    }

    std::uint32_t number(const std::string& text) {
        std::uint32_t value = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
            yaml_.refuse("here must be a number: " + text, kHint);
        return value;
    }

    static std::string own_name(const std::string& name) { return name == kTheCommand ? std::string() : name; }

    YamlReader yaml_;
    Baseline baseline_;
    std::uint32_t runs_ = 0;
};

}  // namespace

Result<Baseline> read_baseline(std::string_view text, const std::string& name) { return Reader(text, name).read(); }

}  // namespace fstracker::baseline
