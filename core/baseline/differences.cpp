// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/differences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "core/artifact/package_url.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::baseline {

namespace {

constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;
constexpr std::uint32_t kMakes = kWrites | event::kRename | event::kUnlink;

bool is_one_of(std::string_view role, std::initializer_list<std::string_view> roles) {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// Names in a folder that differ only in what masks stand for.
struct Shape {
    std::uint64_t files = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;

    void add(const std::vector<std::uint64_t>& numbers) {
        if (files++ == 0)
            for (const std::uint64_t number : numbers) ranges.emplace_back(number, number);
        for (std::size_t i = 0; i < std::min(numbers.size(), ranges.size()); ++i) {
            ranges[i].first = std::min(ranges[i].first, numbers[i]);
            ranges[i].second = std::max(ranges[i].second, numbers[i]);
        }
    }
    [[nodiscard]] bool has(const std::vector<std::uint64_t>& numbers) const { return within(ranges, numbers); }
    static bool within(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges,
                       const std::vector<std::uint64_t>& numbers) {
        for (std::size_t i = 0; i < std::min(ranges.size(), numbers.size()); ++i)
            if (numbers[i] < ranges[i].first || numbers[i] > ranges[i].second) return false;
        return true;
    }
};

struct Folder {
    std::uint64_t files = 0;
    std::map<std::string, Shape> shapes;
};

// What a program knows in each folder, by role; made when something unknown is met.
class Folders {
  public:
    explicit Folders(const ProgramEntry& program) {
        for (const auto& [path, entry] : program.files) {
            Folder& folder = folders_[key(folder_of(path), entry.role)];
            std::vector<std::uint64_t> numbers;
            Shape& shape = folder.shapes[skeleton_of(path, &numbers)];
            if (!entry.is_mask()) {
                ++folder.files;
                shape.add(numbers);
                continue;
            }
            folder.files += entry.members;
            shape.files += entry.members;
            shape.ranges = entry.ranges;
        }
    }
    [[nodiscard]] const Folder* find(std::string_view path, const std::string& role) const {
        const auto known = folders_.find(key(folder_of(path), role));
        return known == folders_.end() ? nullptr : &known->second;
    }

  private:
    // Dated and numbered folders are one folder.
    static std::string key(std::string_view folder, const std::string& role) {
        return role + ' ' + skeleton_of(folder);
    }
    std::unordered_map<std::string, Folder> folders_;
};

// Which versions there are of each package.
class Packages {
  public:
    void add(const std::string& owner) {
        if (!owner.empty()) versions_[std::string(artifact::without_version(owner))].insert(owner);
    }
    [[nodiscard]] std::string find(const std::string& owner) const {
        const auto known = versions_.find(std::string(artifact::without_version(owner)));
        if (owner.empty() || known == versions_.end()) return {};
        return known->second.contains(owner) ? owner : *known->second.begin();
    }

  private:
    std::unordered_map<std::string, std::set<std::string>> versions_;
};

// Shapes of files that a program is known to make, as a training does its checkpoints, which it reads in another run.
// What was written under another name is renamed into place.
class MadeShapes {
  public:
    explicit MadeShapes(const ProgramEntry& program) {
        for (const auto& [path, entry] : program.files) {
            const bool stands_for_many = entry.is_mask() && entry.role == "output";
            if (stands_for_many || (entry.access & (kWrites | event::kRename)) != 0)
                made_[skeleton_of(path)] += stands_for_many ? kFewest : 1;
        }
    }
    [[nodiscard]] bool has(const std::string& path) const {
        const auto known = made_.find(skeleton_of(path));
        return known != made_.end() && known->second >= kFewest;
    }

  private:
    static constexpr std::uint64_t kFewest = 3;
    std::unordered_map<std::string, std::uint64_t> made_;
};

class Comparison {
  public:
    Comparison(const Baseline& baseline, const Facts& facts, const PathNames& names)
        : baseline_(baseline), facts_(facts), names_(names) {}

    std::vector<Difference> all() {
        for (const auto& [name, fact] : facts_.programs) {
            const auto known = baseline_.programs.find(name);
            if (known == baseline_.programs.end())
                new_program(name, fact);
            else
                known_program(name, fact, known->second);
        }
        for (const auto& [name, entry] : baseline_.programs)
            if (always(entry.seen) && !facts_.programs.contains(name)) absent_program(name, entry);
        volumes();
        std::stable_sort(found_.begin(), found_.end(), [](const Difference& left, const Difference& right) {
            return std::tie(left.program, left.kind, left.name) < std::tie(right.program, right.kind, right.name);
        });
        return std::move(found_);
    }

  private:
    [[nodiscard]] bool always(const Sightings& seen) const { return seen.runs == baseline_.runs.size(); }

    Difference& add(Kind kind, std::string novelty, const std::string& program, const std::string& name) {
        Difference& difference = found_.emplace_back();
        difference.kind = kind;
        difference.novelty = std::move(novelty);
        difference.program = program;
        difference.name = name;
        return difference;
    }

    Difference& add_file(Kind kind, const std::string& what, const std::string& program, const std::string& name,
                         const FileFact& fact) {
        Difference& difference = add(kind, what + fact.role + ' ' + std::string(place_of(name)), program, name);
        difference.path = fact.path;
        difference.role = fact.role;
        difference.owner = fact.owner;
        difference.owner_was = package_was(fact.owner);
        difference.owner_verified = fact.owner_verified;
        difference.access = fact.access;
        difference.processes = fact.processes;
        difference.now = fact.digests;
        difference.known_content = has_known_content(fact);
        return difference;
    }

    // What any program of the step knows of a path. Made once: only files that a program does not know ask.
    const PathEntry* known_to_step(const std::string& path) {
        if (!by_path_) {
            by_path_.emplace();
            for (const auto& [name, program] : baseline_.programs)
                for (const auto& [file, entry] : program.files) by_path_->emplace(file, &entry);
        }
        const auto known = by_path_->find(path);
        return known == by_path_->end() ? nullptr : known->second;
    }

    // A mask stands for files of its role, and of outputs for those alone that the run itself wrote.
    static bool is_member(const FileFact& file, const PathEntry& mask) {
        return file.role == mask.role && (mask.role != "output" || file.written);
    }
    // Any program's mask that the file is a member of, within its range.
    const PathEntry* mask_of_step(const std::string& shape, const std::vector<std::uint64_t>& numbers,
                                  const FileFact& file) {
        const PathEntry* mask = known_to_step(shape);
        const bool holds = mask != nullptr && mask->is_mask() && is_member(file, *mask);
        return holds && Shape::within(mask->ranges, numbers) ? mask : nullptr;
    }

    // Whether all of its contents are ones that the step knows of files of that role, whatever their names. What is
    // empty is not known by its content.
    bool has_known_content(const FileFact& file) {
        if (!contents_) {
            contents_.emplace();
            for (const auto& [name, program] : baseline_.programs)
                for (const auto& [path, entry] : program.files)
                    for (const event::Sha256& digest : entry.digests) contents_->emplace(entry.role, digest);
            const event::Sha256 empty = digest::sha256(std::string_view());
            std::erase_if(*contents_, [&](const auto& known) { return known.second == empty; });
        }
        return !file.digests.empty() && std::all_of(file.digests.begin(), file.digests.end(), [&](const auto& digest) {
            return contents_->contains({file.role, digest});
        });
    }

    // That very package where the step had it, else another version of it, else nothing.
    std::string package_was(const std::string& owner) {
        if (!packages_was_) {
            packages_was_.emplace();
            for (const auto& [name, program] : baseline_.programs)
                for (const auto& [file, entry] : program.files) packages_was_->add(entry.owner);
        }
        return packages_was_->find(owner);
    }
    // Likewise, of this run.
    std::string package_now(const std::string& owner) {
        if (!packages_now_) {
            packages_now_.emplace();
            for (const auto& [name, program] : facts_.programs)
                for (const auto& [path, file] : program.files) packages_now_->add(file.owner);
        }
        return packages_now_->find(owner);
    }

    void new_program(const std::string& name, const ProgramFact& fact) {
        const std::string program = name.substr(0, name.find(' '));
        Difference& difference = add(Kind::kNewProgram, "program " + std::string(place_of(program)), name, name);
        difference.path = fact.path;
        difference.role = "executable";
        difference.processes = fact.processes;
        difference.access = event::kExecute;
        for (const auto& [path, file] : fact.files) {
            std::vector<std::uint64_t> numbers;
            const PathEntry* known = known_to_step(path);
            if (known == nullptr) known = mask_of_step(skeleton_of(path, &numbers), numbers, file);
            if (known == nullptr)
                add_file(Kind::kNewFile, "", name, path, file);
            else if (is_one_of(file.role, {"model", "data", "credential", "output"}))
                add_file(Kind::kNewUser, "user ", name, path, file).known_runs = known->seen.runs;
        }
        peers(name, fact, {});
    }

    void known_program(const std::string& name, const ProgramFact& fact, const ProgramEntry& known) {
        for (const std::string& parent : fact.started_by) {
            const bool told_otherwise = !parent.empty() && !baseline_.programs.contains(parent);
            if (known.started_by.contains(parent) || told_otherwise) continue;
            Difference& difference = add(Kind::kNewParent, "parent", name, parent);
            difference.path = fact.path;
            difference.role = "executable";
            difference.processes = fact.processes;
        }
        std::optional<Folders> folders;
        std::optional<MadeShapes> shapes;
        for (const auto& [path, file] : fact.files) {
            const auto entry = known.files.find(path);
            if (entry != known.files.end())
                known_file(name, path, file, entry->second, known, shapes);
            else
                unknown_file(name, path, file, known, folders);
        }
        peers(name, fact, known.peers);
        for (const auto& [path, entry] : known.files) {
            if (entry.is_mask() || !always(entry.seen) || fact.files.contains(path)) continue;
            Difference& difference = add(Kind::kAbsentFile, "absent " + entry.role, name, path);
            difference.path = names_.concrete(path);
            difference.role = entry.role;
            difference.owner = package_now(entry.owner);
            difference.owner_was = entry.owner;
            difference.access = entry.access;
            difference.was = entry.digests;
            difference.known_runs = entry.seen.runs;
        }
    }

    void known_file(const std::string& name, const std::string& path, const FileFact& file, const PathEntry& known,
                    const ProgramEntry& program, std::optional<MadeShapes>& shapes) {
        std::uint32_t more = file.access & ~known.access;
        if ((known.access & kWrites) != 0) more &= ~kWrites;
        const bool may_be_made = (more & kMakes) != 0 && file.role == "output";
        if (may_be_made && !shapes) shapes.emplace(program);
        const bool made = may_be_made && shapes->has(path);
        if (made) more &= ~kMakes;
        constexpr std::uint32_t kTelling = kMakes | event::kExecute | event::kLoad;
        if ((more & kTelling) != 0) {
            Difference& difference = add_file(Kind::kNewAccess, "access ", name, path, file);
            difference.access = more & kTelling;
            // What is written in place is an output of this run, and what it was counts.
            if (known.role == "model" || known.role == "data") difference.role = known.role;
            difference.known_runs = known.seen.runs;
        }
        if (!made) content(name, path, file, known);
    }

    void content(const std::string& program, const std::string& path, const FileFact& file, const PathEntry& known) {
        if (file.written || known.varies || known.digests.empty()) return;
        if (std::includes(known.digests.begin(), known.digests.end(), file.digests.begin(), file.digests.end())) return;
        Difference& difference = add_file(Kind::kOtherContent, "content ", program, path, file);
        difference.owner_was = known.owner;
        difference.was = known.digests;
        difference.known_runs = known.seen.runs;
    }

    void unknown_file(const std::string& program, const std::string& path, const FileFact& file,
                      const ProgramEntry& known, std::optional<Folders>& folders) {
        std::vector<std::uint64_t> numbers;
        const std::string shape = skeleton_of(path, &numbers);
        const auto mask = known.files.find(shape);
        if (mask != known.files.end() && mask->second.is_mask() && is_member(file, mask->second)) {
            if (!Shape::within(mask->second.ranges, numbers)) add_file(Kind::kOutOfRange, "", program, path, file);
            return;
        }
        const PathEntry* elsewhere = known_to_step(path);
        if (elsewhere == nullptr) elsewhere = mask_of_step(shape, numbers, file);
        if (elsewhere != nullptr) {
            add_file(Kind::kNewUser, "user ", program, path, file).known_runs = elsewhere->seen.runs;
            content(program, path, file, *elsewhere);
            return;
        }
        if (!folders) folders.emplace(known);
        add_file(kind_among_siblings(*folders, path, shape, numbers, file.role), "", program, path, file);
    }

    static Kind kind_among_siblings(const Folders& folders, const std::string& path, const std::string& shape,
                                    const std::vector<std::uint64_t>& numbers, const std::string& role) {
        constexpr std::uint64_t kFewestSiblings = 3;
        const Folder* folder = folders.find(path, role);
        if (folder == nullptr) return Kind::kNewPlace;
        if (!is_one_of(role, {"data", "cache", "temp", "output"})) return Kind::kNewFile;
        if (const auto known = folder->shapes.find(shape);
            shape != path && known != folder->shapes.end() && known->second.files >= kFewestSiblings)
            return known->second.has(numbers) ? Kind::kNewMember : Kind::kOutOfRange;
        const bool of_one_shape = folder->shapes.size() == 1 && folder->files >= kFewestSiblings;
        return of_one_shape ? Kind::kUnlikeSiblings : Kind::kNewFile;
    }

    void peers(const std::string& program, const ProgramFact& fact, const std::map<std::string, Sightings>& known) {
        for (const auto& [peer, connection] : fact.peers)
            if (!known.contains(peer)) add(Kind::kNewPeer, "peer", program, peer).processes = connection.processes;
    }

    void absent_program(const std::string& name, const ProgramEntry& entry) {
        Difference& difference = add(Kind::kAbsentProgram, "absent program", name, name);
        difference.role = "executable";
        difference.known_runs = entry.seen.runs;
    }

    void volumes() {
        for (const auto& [name, value] : named_volumes(facts_.volumes)) {
            const auto known = baseline_.volumes.find(name);
            if (known != baseline_.volumes.end()) volume(name, static_cast<double>(value), known->second);
        }
    }

    void volume(const std::string& name, double value, const std::vector<std::uint64_t>& values);

    const Baseline& baseline_;
    const Facts& facts_;
    const PathNames& names_;
    std::vector<Difference> found_;
    std::optional<std::unordered_map<std::string, const PathEntry*>> by_path_;
    std::optional<Packages> packages_was_, packages_now_;
    std::optional<std::set<std::pair<std::string, event::Sha256>>> contents_;  // by role
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Below it nobody cares, whatever the ratio.
double floor_of(const std::string& name) {
    constexpr double kMegabyte = 1 << 20;
    if (name.starts_with("bytes")) return 100 * kMegabyte;
    if (name.starts_with("peak memory")) return 1024 * kMegabyte;
    if (name.starts_with("cpu")) return 30'000;
    if (name == "processes") return 50;
    return 200;
}

// Iglewicz and Hoaglin's modified z-score, with a least spread of a tenth where the runs were all alike.
void Comparison::volume(const std::string& name, double value, const std::vector<std::uint64_t>& values) {
    constexpr double kMostZ = 3.5, kMostRatio = 2, kScale = 0.6745, kLeastSpread = 0.1;
    constexpr std::size_t kFewestRuns = 3;
    if (values.size() < kFewestRuns) return;
    const std::vector<double> all(values.begin(), values.end());
    const double usual = median(all);
    std::vector<double> deviations;
    deviations.reserve(all.size());
    for (const double one : all) deviations.push_back(std::abs(one - usual));
    const double spread = std::max({median(deviations), kLeastSpread * usual, 1.0});
    const bool far = kScale * (value - usual) / spread > kMostZ && value > kMostRatio * usual;
    if (!far || value - usual < floor_of(name)) return;
    Difference& difference = add(Kind::kVolume, "volume " + name, "", name);
    difference.usual = usual;
    difference.found = value;
    difference.known_runs = static_cast<std::uint32_t>(values.size());
}

}  // namespace

bool is_of_upgrade(const Difference& difference) {
    return !difference.owner.empty() && !difference.owner_was.empty() && difference.owner != difference.owner_was &&
           artifact::without_version(difference.owner) == artifact::without_version(difference.owner_was);
}

std::string to_text(Kind kind) {
    switch (kind) {
        case Kind::kNewProgram: return "new-program";
        case Kind::kNewParent: return "new-parent";
        case Kind::kNewFile: return "new-file";
        case Kind::kNewPlace: return "new-place";
        case Kind::kNewUser: return "new-user";
        case Kind::kNewMember: return "new-member";
        case Kind::kOutOfRange: return "out-of-range";
        case Kind::kUnlikeSiblings: return "unlike-siblings";
        case Kind::kNewAccess: return "new-access";
        case Kind::kOtherContent: return "other-content";
        case Kind::kNewPeer: return "new-peer";
        case Kind::kAbsentFile: return "absent-file";
        case Kind::kAbsentProgram: return "absent-program";
        case Kind::kVolume: return "volume";
    }
    return "volume";
}

std::vector<Difference> differences(const Baseline& baseline, const Facts& facts, const PathNames& names) {
    return Comparison(baseline, facts, names).all();
}

}  // namespace fstracker::baseline
