// SPDX-License-Identifier: Apache-2.0
// Which directories of a long access table are folded. Greedy and deterministic: while a limit is passed, the directory
// that brings the most is folded into one entry, which is itself an entry of the directory above it. Where no directory
// holds two entries, the deepest level is folded once, so that the next one does.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/base/hex.hpp"
#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"

namespace fstracker::evidence {

namespace {

// A directory, and whether it is known only by the tail of its path.
using Directory = std::pair<bool, std::string>;

constexpr std::uint64_t kMostBytes = INT64_MAX;

Directory parent_of(bool truncated, std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string_view::npos) return {truncated, ""};
    return {truncated, std::string(path.substr(0, slash == 0 && !truncated ? 1 : slash))};
}

std::size_t depth_of(const Directory& directory) {
    const bool root = directory.second.empty() || directory.second == "/";
    return root ? 0 : 1 + static_cast<std::size_t>(std::count(directory.second.begin(), directory.second.end(), '/'));
}

void append_subject(Tables& tables, const Subject& subject) {
    JsonWriter json(tables.subjects.empty() ? tables.subjects : tables.subjects += ',');
    write_subject(json, subject);
    tables.outputs.push_back(subject);
}

// An entry of the table, or a folded directory. Entries keep no text: it is made again where it is needed, since a
// table that has to be folded may be far longer than the statement.
struct Item {
    std::vector<std::size_t> files;  // ascending; one, unless it is a folded directory; none: it is no more
    std::size_t size = 0;            // bytes in the statement, commas included
    bool subject = false;
    Directory parent;
    std::optional<FoldedDirectory> folded;
};

void append_item(Tables& tables, const run::FileEntry& file) {
    append_file_entry(tables.files.empty() ? tables.files : tables.files += ',', file);
    if (is_subject(file)) append_subject(tables, Subject{path_name(file.path), path_uri(file.path), *file.digest});
}

void append_item(Tables& tables, const FoldedDirectory& directory) {
    append_folded(tables.files.empty() ? tables.files : tables.files += ',', directory);
    if (directory.outputs > 0)
        append_subject(tables, Subject{path_name(directory.path), path_uri(directory.path), directory.digest});
}

template <typename Entry>
std::size_t size_of(const Entry& entry) {
    Tables alone;
    append_item(alone, entry);
    return alone.files.size() + 1 + (alone.subjects.empty() ? 0 : alone.subjects.size() + 1);
}

class Folding {
  public:
    Folding(const std::vector<run::FileEntry>& files, std::size_t outputs, std::size_t bytes)
        : files_(files), most_outputs_(outputs), most_bytes_(bytes) {
        items_.reserve(files.size());
        for (std::size_t i = 0; i < files.size(); ++i) {
            const Directory parent = parent_of(files[i].path.truncated, files[i].path.bytes);
            add(Item{{i}, size_of(files[i]), is_subject(files[i]), parent, std::nullopt});
        }
    }

    Tables run() {
        while (over() && step()) {
        }
        // A folded directory stands where the first of its files stood.
        std::vector<const Item*> order;
        for (const Item& item : items_)
            if (!item.files.empty()) order.push_back(&item);
        std::sort(order.begin(), order.end(),
                  [](const Item* a, const Item* b) { return a->files.front() < b->files.front(); });
        Tables tables;
        tables.folded = true;
        for (const Item* item : order) {
            if (item->folded)
                append_item(tables, *item->folded);
            else
                append_item(tables, files_[item->files.front()]);
        }
        return tables;
    }

  private:
    struct Group {
        std::set<std::size_t> items;
        std::size_t outputs = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] bool over() const { return outputs_ > most_outputs_ || bytes_ > most_bytes_; }

    void rank(const Directory& directory, const Group& group, bool add) {
        const auto put = [&](auto& ranking, std::size_t weight) {
            if (add)
                ranking.emplace(weight, directory);
            else
                ranking.erase({weight, directory});
        };
        if (group.outputs > 1) put(by_outputs_, group.outputs);
        if (group.items.size() > 1) put(by_bytes_, group.bytes);
        const bool at_the_top =
            group.items.size() == 1 && items_[*group.items.begin()].folded.has_value() && depth_of(directory) == 0;
        if (!group.items.empty() && !at_the_top) put(by_depth_, depth_of(directory));
    }

    void add(Item item) {
        outputs_ += item.subject ? 1 : 0;
        bytes_ += item.size;
        items_.push_back(std::move(item));
        change_group(items_.size() - 1, [](Group& group, const Item& added, std::size_t index) {
            group.items.insert(index);
            group.outputs += added.subject ? 1 : 0;
            group.bytes += added.size;
        });
    }

    // Takes an item out of its group and the sums; its files are the caller's.
    std::vector<std::size_t> dissolve(std::size_t index) {
        change_group(index, [](Group& group, const Item& gone, std::size_t at) {
            group.items.erase(at);
            group.outputs -= gone.subject ? 1 : 0;
            group.bytes -= gone.size;
        });
        Item& item = items_[index];
        outputs_ -= item.subject ? 1 : 0;
        bytes_ -= item.size;
        if (item.folded) folded_.erase({item.folded->path.truncated, item.folded->path.bytes});
        return std::exchange(item.files, {});
    }

    template <typename Change>
    void change_group(std::size_t index, Change change) {
        const Item& item = items_[index];
        Group& group = groups_[item.parent];
        rank(item.parent, group, false);
        change(group, item, index);
        rank(item.parent, group, true);
    }

    bool step() {
        if (outputs_ > most_outputs_ && !by_outputs_.empty()) return fold(by_outputs_.rbegin()->second);
        if (outputs_ <= most_outputs_ && !by_bytes_.empty()) return fold(by_bytes_.rbegin()->second);
        if (by_depth_.empty()) return false;
        const std::size_t deepest = by_depth_.rbegin()->first;
        std::vector<Directory> level;
        for (auto at = by_depth_.lower_bound({deepest, Directory{}}); at != by_depth_.end(); ++at)
            level.push_back(at->second);
        for (const Directory& directory : level) fold(directory);
        return true;
    }

    // By value: what is folded leaves the rankings, where the caller found it.
    bool fold(Directory directory) {
        Item whole;
        whole.parent = parent_of(directory.first, directory.second);
        if (const auto earlier = folded_.find(directory); earlier != folded_.end())
            whole.files = dissolve(earlier->second);
        const std::set<std::size_t> members = groups_[directory].items;
        for (const std::size_t index : members) {
            const std::vector<std::size_t> files = dissolve(index);
            whole.files.insert(whole.files.end(), files.begin(), files.end());
        }
        std::sort(whole.files.begin(), whole.files.end());
        whole.folded = sum_up(directory, whole.files);
        whole.size = size_of(*whole.folded);
        whole.subject = whole.folded->outputs > 0;
        folded_[directory] = items_.size();
        add(std::move(whole));
        return true;
    }

    [[nodiscard]] FoldedDirectory sum_up(const Directory& directory, const std::vector<std::size_t>& members) const {
        FoldedDirectory sum;
        sum.path.truncated = directory.first;
        sum.path.bytes = directory.second;
        sum.first_access = files_[members.front()].first_access;
        std::vector<std::string> lines;
        for (const std::size_t index : members) {
            const run::FileEntry& file = files_[index];
            ++sum.files;
            // Sparse files of a hostile step may claim more than 64 bits can hold.
            sum.bytes += std::min(file.size, kMostBytes - sum.bytes);
            sum.outputs += is_subject(file) ? 1U : 0U;
            sum.opens += file.opens;
            sum.access |= file.access;
            sum.first_access = std::min(sum.first_access, file.first_access);
            sum.last_access = std::max(sum.last_access, file.last_access);
            if (file.digest) lines.push_back(digest_line(base::to_hex(*file.digest), file.path.bytes));
        }
        sum.digest = digest_of_lines(std::move(lines));
        return sum;
    }

    const std::vector<run::FileEntry>& files_;
    const std::size_t most_outputs_, most_bytes_;
    std::vector<Item> items_;
    std::map<Directory, Group> groups_;
    std::map<Directory, std::size_t> folded_;  // the item that a directory was folded into
    std::set<std::pair<std::size_t, Directory>> by_outputs_, by_bytes_, by_depth_;
    std::size_t outputs_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

bool is_subject(const run::FileEntry& entry) { return entry.output && entry.digest.has_value(); }

void append_folded(std::string& out, const FoldedDirectory& directory) {
    JsonWriter json(out);
    json.begin_object().key("annotations").begin_object();
    write_access(json, directory.access);
    json.key("bytes").number(directory.bytes);
    json.key("files").number(directory.files);
    json.key("firstAccess").time(directory.first_access);
    json.key("lastAccess").time(directory.last_access);
    json.key("opens").number(directory.opens);
    json.key("outputs").number(directory.outputs);
    write_flag(json, "relative", is_relative(directory.path));
    write_flag(json, "truncated", directory.path.truncated);
    json.end_object();
    write_digest(json, directory.digest);
    json.key("name").string(path_name(directory.path));
    json.key("uri").string(path_uri(directory.path));
    json.end_object();
}

FoldedDirectory read_folded(Fields fields) {
    FoldedDirectory directory;
    Fields annotations = fields.object("annotations");
    directory.path = read_path(fields, annotations);
    directory.digest = fields.digest();
    directory.access = read_access(annotations);
    directory.bytes = annotations.number("bytes");
    directory.files = annotations.number("files");
    directory.opens = annotations.number("opens");
    directory.outputs = annotations.number("outputs");
    directory.first_access = annotations.time("firstAccess");
    directory.last_access = annotations.time("lastAccess");
    if (directory.files == 0 || directory.outputs > directory.files) fields.fault("counts files that cannot be");
    annotations.finish();
    fields.finish();
    return directory;
}

Tables make_tables(const std::vector<run::FileEntry>& files, std::size_t outputs, std::size_t bytes) {
    constexpr std::size_t kUsualEntry = 420;
    Tables tables;
    tables.files.reserve(std::min(files.size() * kUsualEntry, bytes));
    std::size_t subjects = 0;
    for (const run::FileEntry& file : files) {
        append_item(tables, file);
        subjects += is_subject(file) ? 1U : 0U;
        if (subjects > outputs || tables.files.size() + tables.subjects.size() > bytes)
            return Folding(files, outputs, bytes).run();
    }
    return tables;
}

}  // namespace fstracker::evidence
