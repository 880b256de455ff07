// SPDX-License-Identifier: Apache-2.0
// From a content to the runs that it went through, without reading what did not go that way.
#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "core/store/index_state.hpp"

namespace fstracker::store {

namespace {

enum class Way { kInto, kOutOf };

// Follows passages in one direction at a time, and keeps whatever it had to read.
class Walk {
  public:
    static Result<Walk> over(const Database& database) {
        Walk walk;
        for (auto& [statement, sql] : std::initializer_list<std::pair<std::optional<Statement>*, const char*>>{
                 {&walk.number_, "SELECT number FROM content WHERE digest=?1"},
                 {&walk.digest_, "SELECT digest FROM content WHERE number=?1"},
                 {&walk.handlings_,
                  "SELECT h.run, h.wrote, p.bytes, h.at, h.how, h.place FROM handling h JOIN path p ON p.number=h.path "
                  "WHERE h.content=?1"},
                 {&walk.came_, "SELECT DISTINCT content FROM handling WHERE run=?1 AND wrote=0"},
                 {&walk.went_,
                  "SELECT DISTINCT h.content FROM handling h WHERE h.run=?1 AND h.wrote=1 AND "
                  "EXISTS(SELECT 1 FROM handling r WHERE r.content=h.content AND r.wrote=0 AND r.run<>?1)"}}) {
            auto prepared = Statement::prepare(database, sql);
            if (!prepared) return fail(prepared.error());
            *statement = std::move(*prepared);
        }
        if (auto read = walk.read_runs(database); !read) return fail(read.error());
        if (auto read = walk.read_outputs(database); !read) return fail(read.error());
        return walk;
    }

    Status begin(const event::Sha256& digest, std::set<std::size_t>& runs) {
        const auto row = number_->bind(std::span<const std::uint8_t>(digest)).step();
        if (!row) return fail(row.error());
        if (!*row) return {};
        const std::int64_t number = number_->integer(0);
        if (auto ended = number_->run(); !ended) return ended;
        const auto content = read(number);
        if (!content) return fail(content.error());
        for (const run::Handling& one : (*content)->handlings) runs.insert(one.run);
        return {};
    }

    Status follow(const std::set<std::size_t>& from, Way way) {
        std::set<std::size_t> seen = from;
        for (std::vector<std::size_t> next(from.begin(), from.end()); !next.empty();) {
            const std::size_t run = next.back();
            next.pop_back();
            Statement& contents = way == Way::kInto ? *came_ : *went_;
            std::vector<std::int64_t> numbers;
            contents.bind(run_numbers_[run]);
            for (;;) {
                const auto more = contents.step();
                if (!more) return fail(more.error());
                if (!*more) break;
                // Of the many contents that a run reads, few were ever written by one.
                const std::int64_t number = contents.integer(0);
                if (way == Way::kOutOf || outputs_.contains(number)) numbers.push_back(number);
            }
            for (const std::int64_t number : numbers) {
                const auto content = read(number);
                if (!content) return fail(content.error());
                for (const run::Passage& passage : (*content)->passages) {
                    const std::size_t near = way == Way::kInto ? passage.to : passage.from;
                    const std::size_t far = way == Way::kInto ? passage.from : passage.to;
                    if (near == run && seen.insert(far).second) next.push_back(far);
                }
            }
        }
        return {};
    }

    // Of all that was read.
    run::Lineage lineage() {
        for (auto& [number, content] : read_)
            for (run::Handling& one : content.handlings) lineage_.add(content.digest, std::move(one));
        return std::move(lineage_);
    }

  private:
    struct Content {
        event::Sha256 digest{};
        std::vector<run::Handling> handlings;  // as Lineage would have them
        std::vector<run::Passage> passages;
    };

    Walk() = default;

    // Newest first, as they are listed.
    Status read_runs(const Database& database) {
        auto statement = Statement::prepare(
            database,
            "SELECT number, traced_id, traced_pipeline, traced_step, traced_started, traced_finished, "
            "traced_complete FROM run WHERE known=1 ORDER BY id DESC");
        if (!statement) return fail(statement.error());
        for (;;) {
            const auto more = statement->step();
            if (!more) return fail(more.error());
            if (!*more) return {};
            const std::size_t index = lineage_.add(
                run::Lineage::Run{statement->text(1), statement->text(2), statement->text(3), statement->integer(4),
                                  statement->integer(5), statement->integer(6) != 0});
            indices_[statement->integer(0)] = index;
            run_numbers_.push_back(statement->integer(0));
        }
    }

    Status read_outputs(const Database& database) {
        auto statement = Statement::prepare(database, "SELECT DISTINCT content FROM handling WHERE wrote=1");
        if (!statement) return fail(statement.error());
        for (;;) {
            const auto more = statement->step();
            if (!more) return fail(more.error());
            if (!*more) return {};
            outputs_.insert(statement->integer(0));
        }
    }

    Result<const Content*> read(std::int64_t number) {
        const auto known = read_.find(number);
        if (known != read_.end()) return &known->second;
        Content content;
        const auto row = digest_->bind(number).step();
        if (!row) return fail(row.error());
        const std::string digest = *row ? digest_->text(0) : std::string();
        if (digest.size() != content.digest.size())
            return fail(ErrorKind::kInvalid, "the index has a content without a digest");
        std::copy(digest.begin(), digest.end(), content.digest.begin());
        if (auto ended = digest_->run(); !ended) return fail(ended.error());
        std::vector<std::pair<std::int64_t, run::Handling>> ordered;  // by their place in the record
        handlings_->bind(number);
        for (;;) {
            const auto more = handlings_->step();
            if (!more) return fail(more.error());
            if (!*more) break;
            const auto run = indices_.find(handlings_->integer(0));
            if (run == indices_.end()) continue;
            ordered.emplace_back(
                handlings_->integer(5),
                run::Handling{run->second, handlings_->text(2), handlings_->integer(3), handlings_->integer(1) != 0,
                              static_cast<std::uint32_t>(handlings_->integer(4))});
        }
        std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
            return std::tie(a.second.run, a.first) < std::tie(b.second.run, b.first);
        });
        for (auto& [place, handling] : ordered) content.handlings.push_back(std::move(handling));
        content.passages = lineage_.passages(content.digest, content.handlings);
        return &read_.emplace(number, std::move(content)).first->second;
    }

    std::optional<Statement> number_, digest_, handlings_, came_, went_;
    run::Lineage lineage_;
    std::unordered_map<std::int64_t, std::size_t> indices_;  // by number of the run
    std::vector<std::int64_t> run_numbers_;                  // by index
    std::unordered_set<std::int64_t> outputs_;               // contents that some run wrote
    std::unordered_map<std::int64_t, Content> read_;
};

}  // namespace

Result<std::vector<event::Sha256>> Index::under(const std::string& path) {
    auto statement = Statement::prepare(
        state_->database,
        "SELECT c.digest FROM path p JOIN called k ON k.path=p.number JOIN content c ON c.number=k.content "
        "WHERE p.bytes=?1 AND EXISTS(SELECT 1 FROM handling h JOIN run r ON r.number=h.run AND r.known=1 "
        "WHERE h.content=k.content AND h.path=p.number) ORDER BY c.digest");
    if (!statement) return fail(statement.error());
    statement->bind(std::span(reinterpret_cast<const std::uint8_t*>(path.data()), path.size()));
    std::vector<event::Sha256> contents;
    for (;;) {
        const auto more = statement->step();
        if (!more) return fail(more.error());
        if (!*more) return contents;
        const std::string digest = statement->text(0);
        event::Sha256 content{};
        if (digest.size() != content.size())
            return fail(ErrorKind::kInvalid, "the index has a content without a digest");
        std::copy(digest.begin(), digest.end(), content.begin());
        contents.push_back(content);
    }
}

Result<run::Lineage> Index::lineage_of(const std::vector<event::Sha256>& contents) {
    auto walk = Walk::over(state_->database);
    if (!walk) return fail(walk.error());
    std::set<std::size_t> runs;
    for (const event::Sha256& content : contents)
        if (auto begun = walk->begin(content, runs); !begun) return fail(begun.error());
    for (const Way way : {Way::kInto, Way::kOutOf})
        if (auto followed = walk->follow(runs, way); !followed) return fail(followed.error());
    return walk->lineage();
}

}  // namespace fstracker::store
