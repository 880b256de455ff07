// SPDX-License-Identifier: Apache-2.0
// As much of SQLite as the index needs, with errors as values. One thread each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace fstracker::store {

// ErrorKind::kInvalid: the file is damaged or no database. kPermission: it cannot be opened or written.
class Database {
  public:
    // ":memory:" is one that goes with this object. The file is not made where it is not there.
    static Result<Database> open(const std::string& path);

    // Statements without results.
    Status execute(const char* sql);
    [[nodiscard]] sqlite3* get() const { return handle_.get(); }
    [[nodiscard]] Error error() const;  // of the last call that failed

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    std::unique_ptr<sqlite3, Close> handle_;
};

// A statement that is prepared once and run again and again. Does not outlive its database.
class Statement {
  public:
    static Result<Statement> prepare(const Database& database, std::string_view sql);

    // Numbers begin at 1, in the order of the arguments. Texts and blobs are copied.
    template <typename... Values>
    Statement& bind(const Values&... values) {
        reset();
        int number = 0;
        (bind_one(++number, values), ...);
        return *this;
    }

    Result<bool> step();  // whether there is a row
    Status run();         // to the end

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;  // or a blob's bytes
    [[nodiscard]] bool is_null(int column) const;

  private:
    void reset();
    void bind_one(int number, std::int64_t value);
    void bind_one(int number, std::string_view text);
    void bind_one(int number, std::span<const std::uint8_t> blob);
    void bind_one(int number, std::nullptr_t);

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    const Database* database_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// BEGIN IMMEDIATE; rolled back unless it is committed.
class Transaction {
  public:
    static Result<Transaction> begin(Database& database);
    Status commit();
    ~Transaction();
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

  private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace fstracker::store
