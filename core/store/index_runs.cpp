// SPDX-License-Identifier: Apache-2.0
// Runs come into the index, and what is gone leaves it.
#include <sys/stat.h>

#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/store/index_state.hpp"

namespace fstracker::store {

namespace {

// Some 20 microseconds each. Whoever has just recorded a run does not wait longer for what may never be asked.
constexpr std::size_t kMostAtOnce = 2000;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The number of a content or a path, which is entered where it is new.
class Numbers {
  public:
    static Result<Numbers> of(const Database& database, const char* find, const char* enter) {
        auto found = Statement::prepare(database, find);
        if (!found) return fail(found.error());
        auto entered = Statement::prepare(database, enter);
        if (!entered) return fail(entered.error());
        return Numbers(std::move(*found), std::move(*entered));
    }
    Result<std::int64_t> number(std::span<const std::uint8_t> bytes) {
        for (Statement* statement : {&find_, &enter_}) {
            const auto row = statement->bind(bytes).step();
            if (!row) return fail(row.error());
            if (!*row) continue;
            const std::int64_t number = statement->integer(0);
            if (auto ended = statement->run(); !ended) return fail(ended.error());
            return number;
        }
        return fail(ErrorKind::kSystem, "the index: a row that was entered has no number");
    }

  private:
    Numbers(Statement find, Statement enter) : find_(std::move(find)), enter_(std::move(enter)) {}
    Statement find_, enter_;
};

}  // namespace

std::string stamp_of(const std::string& directory) {
    std::string stamp;
    for (const char* name : {kTraceFile, kFilesFile, kSummaryFile}) {
        struct stat status {};
        const bool there = ::stat((directory + "/" + name).c_str(), &status) == 0;
        if (name == kTraceFile && (!there || !S_ISREG(status.st_mode))) return {};
        if (there)
            stamp += fmt::format("{:x}.{:x}.{:x}.{:x}.{:x} ", status.st_dev, status.st_ino, status.st_size,
                                 status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
                                 status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec);
        else
            stamp += "- ";
    }
    return stamp;
}

Result<std::map<std::string, Index::State::Row>> Index::State::rows() {
    auto statement = Statement::prepare(database,
                                        "SELECT number, id, directory, stamp, pipeline, step, verdict, complete, "
                                        "started, uid, backend, known, fault FROM run");
    if (!statement) return fail(statement.error());
    std::map<std::string, Row> rows;
    for (;;) {
        const auto more = statement->step();
        if (!more) return fail(more.error());
        if (!*more) return rows;
        Row row;
        row.number = statement->integer(0);
        row.entry.id = statement->text(1);
        row.entry.directory = statement->text(2);
        row.stamp = statement->text(3);
        row.entry.pipeline = statement->text(4);
        row.entry.step = statement->text(5);
        row.entry.verdict = statement->text(6);
        row.entry.complete = statement->integer(7) != 0;
        row.entry.started = statement->integer(8);
        if (!statement->is_null(9)) row.entry.uid = static_cast<std::uint32_t>(statement->integer(9));
        row.entry.backend = statement->text(10);
        row.known = statement->integer(11);
        row.fault = statement->text(12);
        std::string id = row.entry.id;
        rows.emplace(std::move(id), std::move(row));
    }
}

Status Index::State::remove(const std::string& id) {
    for (const char* sql :
         {"DELETE FROM handling WHERE run=(SELECT number FROM run WHERE id=?1)", "DELETE FROM run WHERE id=?1"}) {
        auto statement = Statement::prepare(database, sql);
        if (!statement) return fail(statement.error());
        if (auto done = statement->bind(std::string_view(id)).run(); !done) return done;
    }
    return {};
}

Status Index::State::put(const RunEntry& entry, const std::string& stamp) {
    if (auto gone = remove(entry.id); !gone) return gone;
    auto statement = Statement::prepare(
        database,
        "INSERT INTO run(id, directory, stamp, pipeline, step, verdict, complete, started, backend, uid, known) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0)");
    if (!statement) return fail(statement.error());
    const auto put = [&](auto uid) {
        return statement
            ->bind(std::string_view(entry.id), bytes_of(entry.directory), std::string_view(stamp),
                   bytes_of(entry.pipeline), bytes_of(entry.step), bytes_of(entry.verdict),
                   std::int64_t{entry.complete}, entry.started, bytes_of(entry.backend), uid)
            .run();
    };
    return entry.uid ? put(std::int64_t{*entry.uid}) : put(nullptr);
}

Result<std::int64_t> Index::State::number_of(const std::string& id, std::int64_t known) {
    auto statement = Statement::prepare(database, "SELECT number FROM run WHERE id=?1 AND known=?2");
    if (!statement) return fail(statement.error());
    const auto row = statement->bind(std::string_view(id), known).step();
    if (!row) return fail(row.error());
    if (!*row) return fail(ErrorKind::kNotFound, "run " + id + " is not in the index");
    return statement->integer(0);
}

Status Index::State::put_fault(std::int64_t run, const std::string& why) {
    auto statement = Statement::prepare(database, "UPDATE run SET known=2, fault=?2 WHERE number=?1");
    if (!statement) return fail(statement.error());
    return statement->bind(run, bytes_of(why)).run();
}

Status Index::State::put_contents(std::int64_t run, const run::Record& record) {
    auto contents = Numbers::of(database, "SELECT number FROM content WHERE digest=?1",
                                "INSERT INTO content(digest) VALUES(?1) RETURNING number");
    if (!contents) return fail(contents.error());
    auto paths = Numbers::of(database, "SELECT number FROM path WHERE bytes=?1",
                             "INSERT INTO path(bytes) VALUES(?1) RETURNING number");
    if (!paths) return fail(paths.error());
    auto enter = Statement::prepare(
        database, "INSERT INTO handling(content, wrote, run, place, path, at, how) VALUES(?1,?2,?3,?4,?5,?6,?7)");
    if (!enter) return fail(enter.error());
    auto call = Statement::prepare(database, "INSERT OR IGNORE INTO called(path, content) VALUES(?1,?2)");
    if (!call) return fail(call.error());

    run::Lineage lineage;
    lineage.add(record);
    for (const auto& [digest, handlings] : lineage.handlings()) {
        const auto content = contents->number(digest);
        if (!content) return fail(content.error());
        std::int64_t place = 0;
        for (const run::Handling& one : handlings) {
            const auto path = paths->number(bytes_of(one.path));
            if (!path) return fail(path.error());
            if (auto entered = enter
                                   ->bind(*content, std::int64_t{one.wrote}, run, place++, *path, one.when,
                                          std::int64_t{one.access})
                                   .run();
                !entered)
                return entered;
            if (auto called = call->bind(*path, *content).run(); !called) return called;
        }
    }
    auto done =
        Statement::prepare(database,
                           "UPDATE run SET known=1, fault=NULL, traced_id=?2, traced_pipeline=?3, traced_step=?4, "
                           "traced_started=?5, traced_finished=?6, traced_complete=?7 WHERE number=?1");
    if (!done) return fail(done.error());
    const run::Lineage::Run& told = lineage.runs().front();
    return done
        ->bind(run, bytes_of(told.id), bytes_of(told.pipeline), bytes_of(told.step), told.started, told.finished,
               std::int64_t{told.complete})
        .run();
}

Status Index::add(const std::string& id, const run::Record& record) {
    const auto entry = state_->store.entry(id);
    if (!entry) return fail(entry.error());
    const std::string stamp = stamp_of(entry->directory);
    auto transaction = Transaction::begin(state_->database);
    if (!transaction) return fail(transaction.error());
    if (auto put = state_->put(*entry, stamp); !put) return put;
    const auto number = state_->number_of(id, kUnread);
    if (!number) return fail(number.error());
    if (record.files.size() <= kMostAtOnce) {
        if (auto put = state_->put_contents(*number, record); !put) return put;
    }
    return transaction->commit();
}

Result<std::vector<RunEntry>> Index::list() {
    State& s = *state_;
    const auto ids = s.store.ids();
    if (!ids) return fail(Error{ErrorKind::kSystem, ids.error().message, ids.error().hint});
    auto rows = s.rows();
    if (!rows) return fail(rows.error());
    std::vector<RunEntry> entries;
    std::vector<std::pair<const RunEntry*, std::string>> changed;
    std::set<std::string> gone;
    for (const auto& [id, row] : *rows) gone.insert(id);
    std::vector<std::optional<RunEntry>> fresh(ids->size());
    for (std::size_t i = 0; i < ids->size(); ++i) {
        const std::string& id = (*ids)[i];
        const auto directory = s.store.directory_of(id);
        const std::string stamp = directory ? stamp_of(*directory) : std::string();
        if (stamp.empty()) continue;
        const auto known = rows->find(id);
        if (known != rows->end() && known->second.stamp == stamp && known->second.entry.directory == *directory) {
            gone.erase(id);
            entries.push_back(std::move(known->second.entry));
            continue;
        }
        auto entry = s.store.entry(id);
        if (!entry) continue;
        gone.erase(id);
        fresh[i] = *entry;
        changed.emplace_back(&*fresh[i], stamp);
        entries.push_back(std::move(*entry));
    }
    if (changed.empty() && gone.empty()) return entries;
    const auto update = [&]() -> Status {
        auto transaction = Transaction::begin(s.database);
        if (!transaction) return fail(transaction.error());
        for (const std::string& id : gone)
            if (auto removed = s.remove(id); !removed) return removed;
        for (const auto& [entry, stamp] : changed)
            if (auto put = s.put(*entry, stamp); !put) return put;
        return transaction->commit();
    };
    // What is listed is right, whether or not it could be kept.
    if (auto updated = update(); !updated && updated.error().kind == ErrorKind::kInvalid) return fail(updated.error());
    return entries;
}

Status Index::read_contents(const Reader& reader, const LeftOut& left_out) {
    State& s = *state_;
    const auto rows = s.rows();
    if (!rows) return fail(rows.error());
    for (auto at = rows->rbegin(); at != rows->rend(); ++at) {  // newest first
        const State::Row& row = at->second;
        if (row.known == kUnreadable) left_out(row.entry, row.fault);
        if (row.known != kUnread) continue;
        const auto record = reader(row.entry.directory);
        if (!record) left_out(row.entry, record.error().message);
        // Only what lies in the file stays so for as long as its stamps do.
        if (!record && record.error().kind != ErrorKind::kInvalid) continue;
        auto transaction = Transaction::begin(s.database);
        if (!transaction) return fail(transaction.error());
        const auto number = s.number_of(row.entry.id, kUnread);
        if (!number || *number != row.number) continue;  // another reader has it by now, or it is gone
        Status put = record ? s.put_contents(row.number, *record) : s.put_fault(row.number, record.error().message);
        if (put) put = transaction->commit();
        if (!put) return put;
    }
    return {};
}

}  // namespace fstracker::store
