// SPDX-License-Identifier: Apache-2.0
#include "core/store/index.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/store/index_state.hpp"

namespace fstracker::store {

namespace {

constexpr int kApplication = 0x46535449;  // "FSTI"
constexpr int kVersion = 1;               // one more whenever a row means something else: then all is read again

constexpr const char* kSchema = R"(
CREATE TABLE run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, directory BLOB NOT NULL, stamp TEXT NOT NULL,
    pipeline BLOB NOT NULL, step BLOB NOT NULL, verdict BLOB NOT NULL, complete INTEGER NOT NULL, started INTEGER NOT NULL,
    uid INTEGER, backend BLOB NOT NULL,
    known INTEGER NOT NULL,  -- 0: nobody read its contents, 1: they are below, 2: they cannot be read, for this reason:
    fault BLOB,
    traced_id BLOB, traced_pipeline BLOB, traced_step BLOB, traced_started INTEGER, traced_finished INTEGER,
    traced_complete INTEGER);
CREATE TABLE content(number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
CREATE TABLE path(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE);
CREATE TABLE handling(
    content INTEGER NOT NULL, wrote INTEGER NOT NULL, run INTEGER NOT NULL, place INTEGER NOT NULL, path INTEGER NOT NULL,
    at INTEGER NOT NULL, how INTEGER NOT NULL, PRIMARY KEY(content, wrote, run, place)) WITHOUT ROWID;
CREATE INDEX handling_of_run ON handling(run, wrote);
CREATE INDEX output ON handling(content) WHERE wrote=1;
CREATE TABLE called(path INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY(path, content)) WITHOUT ROWID;
)";

Result<std::int64_t> number_from(const Database& database, const char* sql) {
    auto statement = Statement::prepare(database, sql);
    if (!statement) return fail(statement.error());
    const auto row = statement->step();
    if (!row) return fail(row.error());
    return *row ? statement->integer(0) : 0;
}

Status make_schema(Database& database) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return fail(transaction.error());
    // Somebody else may have been faster.
    const auto version = number_from(database, "PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version != 0) return {};
    if (auto made = database.execute(kSchema); !made) return made;
    const auto marks = fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplication, kVersion);
    if (auto marked = database.execute(marks.c_str()); !marked) return marked;
    return transaction->commit();
}

Result<Database> prepared(const std::string& path) {
    auto database = Database::open(path);
    if (!database) return database;
    // Synced only when the log is taken over into the file: a crash of the host loses the last runs, and they are read
    // again.
    if (auto set = database->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384");
        !set)
        return fail(set.error());
    const auto version = number_from(*database, "PRAGMA user_version");
    if (!version) return fail(version.error());
    const auto tables = number_from(*database, "SELECT count(*) FROM sqlite_schema");
    if (!tables) return fail(tables.error());
    if (*version == 0 && *tables == 0) {
        if (auto made = make_schema(*database); !made) return fail(made.error());
    }
    const auto application = number_from(*database, "PRAGMA application_id");
    const auto now = number_from(*database, "PRAGMA user_version");
    if (!application || !now || *application != kApplication || *now != kVersion)
        return fail(ErrorKind::kInvalid, "the index is of another version");
    return database;
}

bool is_ours(const struct stat& status) {
    return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 022U) == 0;
}

// Ours alone, or not used. Made empty where there is none.
Status claim_file(const std::string& path) {
    const base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
    if (!file) return base::fail_errno(errno, "cannot open " + path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return base::fail_errno(errno, "cannot open " + path);
    if (!is_ours(status)) return fail(ErrorKind::kPermission, path + " is not used: others own it or may write it");
    return {};
}

Result<Database> in_store(const std::string& root) {
    const std::string path = root + "/" + kIndexFile;
    if (auto claimed = claim_file(path); !claimed) return fail(claimed.error());
    return prepared(path);
}

ino_t inode_of_index(const std::string& root) {
    struct stat status {};
    return ::lstat((root + "/" + kIndexFile).c_str(), &status) == 0 && is_ours(status) ? status.st_ino : 0;
}

// Whoever finds it broken comes here; one after the other, and only the first finds that very file.
Result<Database> make_again(const std::string& root, ino_t broken) {
    const base::Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::flock(folder.get(), LOCK_EX) != 0) return base::fail_errno(errno, "cannot lock " + root);
    if (broken != 0 && inode_of_index(root) == broken)
        for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((root + "/" + kIndexFile + suffix).c_str());
    return in_store(root);
}

}  // namespace

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::~Index() = default;

Result<std::unique_ptr<Index>> Index::in_memory(const std::string& store_root) {
    auto database = prepared(":memory:");
    if (!database) return fail(database.error());
    return std::unique_ptr<Index>(new Index(std::make_unique<State>(store_root, std::move(*database))));
}

Result<std::unique_ptr<Index>> Index::open(const std::string& store_root) {
    auto database = in_store(store_root);
    if (!database && database.error().kind == ErrorKind::kInvalid)
        database = make_again(store_root, inode_of_index(store_root));
    if (!database) return in_memory(store_root);
    return std::unique_ptr<Index>(new Index(std::make_unique<State>(store_root, std::move(*database))));
}

Status with_index(const std::string& store_root, const std::function<Status(Index&)>& act) {
    {
        auto index = Index::open(store_root);
        if (!index) return fail(index.error());
        const ino_t used = inode_of_index(store_root);
        const Status done = act(**index);
        if (done) return done;
        if (done.error().kind == ErrorKind::kInvalid) {
            index->reset();
            static_cast<void>(make_again(store_root, used));
            index = Index::open(store_root);
            if (index && act(**index)) return {};
        }
    }
    auto index = Index::in_memory(store_root);
    if (!index) return fail(index.error());
    return act(**index);
}

}  // namespace fstracker::store
