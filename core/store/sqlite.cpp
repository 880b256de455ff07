// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite.hpp"

#include <sqlite3.h>

namespace fstracker::store {

namespace {

constexpr int kPatience = 5000;  // milliseconds, for others who write

ErrorKind kind_of(int code) {
    switch (code & 0xFF) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
        case SQLITE_SCHEMA:
        case SQLITE_ERROR: return ErrorKind::kInvalid;  // a table that is not there, too: it is none of ours
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH: return ErrorKind::kPermission;
        default: return ErrorKind::kSystem;
    }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }

Error Database::error() const {
    return Error{kind_of(sqlite3_extended_errcode(get())), std::string("the index: ") + sqlite3_errmsg(get()), {}};
}

Result<Database> Database::open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                      (path == ":memory:" ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database;
    database.handle_.reset(handle);
    if (handle == nullptr) return fail(ErrorKind::kSystem, "the index: no memory for it");
    if (code != SQLITE_OK) return fail(database.error());
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kPatience);
    // What is in the file may be anybody's: its schema runs nothing, and nothing reaches past it.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    return database;
}

Status Database::execute(const char* sql) {
    if (sqlite3_exec(get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail(error());
    return {};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<Statement> Statement::prepare(const Database& database, std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle,
                           nullptr) != SQLITE_OK)
        return fail(database.error());
    Statement statement;
    statement.database_ = &database;
    statement.handle_.reset(handle);
    return statement;
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

void Statement::bind_one(int number, std::int64_t value) { sqlite3_bind_int64(handle_.get(), number, value); }

void Statement::bind_one(int number, std::string_view text) {
    sqlite3_bind_text64(handle_.get(), number, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind_one(int number, std::span<const std::uint8_t> blob) {
    sqlite3_bind_blob64(handle_.get(), number, blob.data(), blob.size(), SQLITE_TRANSIENT);
}

void Statement::bind_one(int number, std::nullptr_t) { sqlite3_bind_null(handle_.get(), number); }

Result<bool> Statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    Status failed;
    if (code != SQLITE_DONE) failed = fail(database_->error());
    reset();  // nothing stays locked
    if (!failed) return fail(failed.error());
    return false;
}

Status Statement::run() {
    for (;;) {
        const auto row = step();
        if (!row) return fail(row.error());
        if (!*row) return {};
    }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string Statement::text(int column) const {
    const void* bytes = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return bytes == nullptr ? std::string()
                            : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

Result<Transaction> Transaction::begin(Database& database) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return fail(begun.error());
    return Transaction(database);
}

Status Transaction::commit() {
    if (auto done = database_->execute("COMMIT"); !done) return done;
    database_ = nullptr;
    return {};
}

Transaction::~Transaction() {
    if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

}  // namespace fstracker::store
