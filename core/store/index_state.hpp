// SPDX-License-Identifier: Apache-2.0
// What an Index holds. Internal to core/store.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/store/index.hpp"
#include "core/store/sqlite.hpp"

namespace fstracker::store {

struct Index::State {
    State(const std::string& root, Database opened) : store(root), database(std::move(opened)) {}

    struct Row {
        std::int64_t number = 0;
        std::string stamp;
        std::int64_t known = 0;
        std::string fault;
        RunEntry entry;
    };

    // By id.
    Result<std::map<std::string, Row>> rows();
    Status put(const RunEntry& entry, const std::string& stamp);  // without contents
    Status remove(const std::string& id);
    Status put_contents(std::int64_t run, const run::Record& record);
    Status put_fault(std::int64_t run, const std::string& why);
    Result<std::int64_t> number_of(const std::string& id, std::int64_t known);

    RunStore store;
    Database database;
};

// What the files of a run directory that the index rests on are now; empty where there is no trace.
std::string stamp_of(const std::string& directory);

// What `known` of a run says.
inline constexpr std::int64_t kUnread = 0, kUnreadable = 2;

}  // namespace fstracker::store
