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
#include "core/base/parts.hpp"
#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"

namespace fstracker::evidence {

namespace {

// A directory, and whether it is known only by the tail of its path.
using Directory = std::pair<bool, std::string>;

constexpr std::size_t kFrame = 64 * 1024;  // what a statement puts around the list of files, mostly
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

struct Group;
using Groups = std::map<Directory, Group>;
using Place = Groups::value_type;  // a directory and what is in it; stays where it is

// An entry of the table, or a folded directory.
struct Item {
    std::vector<std::size_t> files;  // ascending; one, unless it is a folded directory; none: it is no more
    std::size_t size = 0;            // bytes in the statement, commas included
    bool subject = false;
    Place* parent = nullptr;
    std::optional<FoldedDirectory> folded;
};

struct Group {
    std::set<std::size_t> items;
    std::size_t outputs = 0;
    std::size_t bytes = 0;
};

struct Ranked {
    std::size_t weight = 0;
    Place* place = nullptr;
    bool operator<(const Ranked& other) const {
        if (weight != other.weight) return weight < other.weight;
        return place != other.place && place->first < other.place->first;
    }
};

Subject subject_of(const run::FileEntry& file) {
    return Subject{path_name(file.path), path_uri(file.path), *file.digest};
}

Subject subject_of(const FoldedDirectory& directory) {
    return Subject{path_name(directory.path), path_uri(directory.path), directory.digest};
}

template <typename Entry>
void append_item(Tables& tables, std::string_view text, bool subject, const Entry& entry) {
    if (!tables.files.empty()) tables.files += ',';
    tables.files += text;
    if (subject) append_subject(tables, subject_of(entry));
}

std::string text_of(const FoldedDirectory& directory) {
    std::string text;
    append_folded(text, directory);
    return text;
}

template <typename Entry>
std::size_t size_as_subject(const Entry& entry) {
    Tables alone;
    append_subject(alone, subject_of(entry));
    return alone.subjects.size() + 1;
}

class Folding {
  public:
    Folding(const std::vector<run::FileEntry>& files, const EntryLines& lines, std::size_t outputs, std::size_t bytes)
        : files_(files), lines_(lines), most_outputs_(outputs), most_bytes_(bytes) {
        items_.reserve(files.size());
        for (std::size_t i = 0; i < files.size(); ++i) {
            const bool subject = is_subject(files[i]);
            const std::size_t size = lines.line(i).size() + 1 + (subject ? size_as_subject(files[i]) : 0);
            put(Item{{i}, size, subject, place_of(parent_of(files[i].path.truncated, files[i].path.bytes)), {}});
        }
        for (Place& place : groups_) rank(place, true);
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
        tables.files.reserve(bytes_ + kFrame);
        for (const Item* item : order) {
            const std::size_t first = item->files.front();
            if (item->folded)
                append_item(tables, text_of(*item->folded), item->subject, *item->folded);
            else
                append_item(tables, lines_.line(first), item->subject, files_[first]);
        }
        return tables;
    }

  private:
    [[nodiscard]] bool over() const { return outputs_ > most_outputs_ || bytes_ > most_bytes_; }

    // Neighbours in the table mostly lie in one directory.
    Place* place_of(const Directory& directory) {
        if (last_place_ == nullptr || last_place_->first != directory)
            last_place_ = &*groups_.try_emplace(directory).first;
        return last_place_;
    }

    void rank(Place& place, bool add) {
        const auto& [directory, group] = place;
        const auto put = [&](std::set<Ranked>& ranking, std::size_t weight) {
            if (add)
                ranking.insert({weight, &place});
            else
                ranking.erase({weight, &place});
        };
        if (group.outputs > 1) put(by_outputs_, group.outputs);
        if (group.items.size() > 1) put(by_bytes_, group.bytes);
        const bool at_the_top =
            group.items.size() == 1 && items_[*group.items.begin()].folded.has_value() && depth_of(directory) == 0;
        if (!group.items.empty() && !at_the_top) put(by_depth_, depth_of(directory));
    }

    // Its group is not ranked anew.
    void put(Item item) {
        outputs_ += item.subject ? 1 : 0;
        bytes_ += item.size;
        Group& group = item.parent->second;
        group.items.insert(group.items.end(), items_.size());
        group.outputs += item.subject ? 1 : 0;
        group.bytes += item.size;
        items_.push_back(std::move(item));
    }

    // Takes an item out of its group and the sums; its files are the caller's.
    std::vector<std::size_t> dissolve(std::size_t index) {
        Item& item = items_[index];
        rank(*item.parent, false);
        Group& group = item.parent->second;
        group.items.erase(index);
        group.outputs -= item.subject ? 1 : 0;
        group.bytes -= item.size;
        rank(*item.parent, true);
        outputs_ -= item.subject ? 1 : 0;
        bytes_ -= item.size;
        if (item.folded) folded_.erase({item.folded->path.truncated, item.folded->path.bytes});
        return std::exchange(item.files, {});
    }

    bool step() {
        if (outputs_ > most_outputs_ && !by_outputs_.empty()) return fold(*by_outputs_.rbegin()->place);
        if (outputs_ <= most_outputs_ && !by_bytes_.empty()) return fold(*by_bytes_.rbegin()->place);
        if (by_depth_.empty()) return false;
        const std::size_t deepest = by_depth_.rbegin()->weight;
        std::vector<Place*> level;
        for (auto at = by_depth_.rbegin(); at != by_depth_.rend() && at->weight == deepest; ++at)
            level.push_back(at->place);
        for (Place* place : level) fold(*place);
        return true;
    }

    bool fold(Place& place) {
        const Directory& directory = place.first;
        Item whole;
        whole.parent = place_of(parent_of(directory.first, directory.second));
        if (const auto earlier = folded_.find(directory); earlier != folded_.end())
            whole.files = dissolve(earlier->second);
        const std::set<std::size_t> members = place.second.items;
        for (const std::size_t index : members) {
            const std::vector<std::size_t> files = dissolve(index);
            whole.files.insert(whole.files.end(), files.begin(), files.end());
        }
        std::sort(whole.files.begin(), whole.files.end());
        whole.folded = sum_up(directory, whole.files);
        whole.subject = whole.folded->outputs > 0;
        whole.size = text_of(*whole.folded).size() + 1 + (whole.subject ? size_as_subject(*whole.folded) : 0);
        folded_[directory] = items_.size();
        Place& parent = *whole.parent;
        rank(parent, false);
        put(std::move(whole));
        rank(parent, true);
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
    const EntryLines& lines_;
    const std::size_t most_outputs_, most_bytes_;
    std::vector<Item> items_;
    Groups groups_;
    Place* last_place_ = nullptr;
    std::map<Directory, std::size_t> folded_;  // the item that a directory was folded into
    std::set<Ranked> by_outputs_, by_bytes_, by_depth_;
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

EntryLines::EntryLines(const std::vector<run::FileEntry>& files) {
    constexpr std::size_t kUsualEntry = 440;
    constexpr std::size_t kWorthAThread = 2000;
    const auto parts = base::parts_of(files.size(), kWorthAThread);
    std::vector<std::string> texts(parts.size());
    ends_.resize(files.size());
    base::for_each_part(parts, [&](std::size_t which, base::Part part) {
        std::string& text = texts[which];
        text.reserve((which == 0 ? files.size() : part.end - part.begin) * kUsualEntry);
        for (std::size_t i = part.begin; i < part.end; ++i) {
            append_file_entry(text, files[i]);
            text += '\n';
            ends_[i] = text.size();
        }
    });
    text_ = std::move(texts.front());
    for (std::size_t which = 1; which < parts.size(); ++which) {
        for (std::size_t i = parts[which].begin; i < parts[which].end; ++i) ends_[i] += text_.size();
        text_ += std::exchange(texts[which], {});
    }
}

std::string_view EntryLines::line(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin - 1);
}

std::string EntryLines::as_list() && {
    std::string list = std::move(text_);
    if (!list.empty()) list.pop_back();
    std::replace(list.begin(), list.end(), '\n', ',');  // JSON has no newline within a string
    return list;
}

Tables make_tables(const std::vector<run::FileEntry>& files, const EntryLines& lines, std::size_t outputs,
                   std::size_t bytes) {
    Tables tables;
    bool over = lines.text().size() > bytes + 1;
    for (auto file = files.begin(); file != files.end() && !over; ++file) {
        if (!is_subject(*file)) continue;
        append_subject(tables, subject_of(*file));
        over = tables.outputs.size() > outputs || lines.text().size() + tables.subjects.size() > bytes + 1;
    }
    return over ? Folding(files, lines, outputs, bytes).run() : tables;
}

}  // namespace fstracker::evidence
