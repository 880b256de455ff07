// SPDX-License-Identifier: Apache-2.0
// A run told as a test reads best: who did what to which file, and what the hasher and the last look came to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/run.hpp"

namespace fstracker::run::testing {

inline constexpr std::uint64_t kExt4 = 0xEF53;

inline event::Sha256 digest_of(char content) {
    event::Sha256 digest;
    digest.fill(static_cast<std::uint8_t>(content));
    return digest;
}

inline event::Path path(std::string bytes) { return {std::move(bytes), false, false, false}; }

// A file whose stamp is `tick` seconds; the same tick is the same stamp.
inline event::Object file(std::uint64_t inode, std::int64_t tick = 1, std::int32_t writers = 0) {
    event::Object object;
    object.id = {8U << 20 | 1, inode, 1};
    object.stamp = {100, tick * 1'000'000'000, tick * 1'000'000'000};
    object.mode = 0100644;
    object.writers = writers;
    object.links = 1;
    object.magic = kExt4;
    return object;
}

// The same bytes to all appearances; only the change time is another.
inline event::Object touched(event::Object object, std::int64_t tick) {
    object.stamp.ctime = tick * 1'000'000'000;
    return object;
}

class Story {
  public:
    Run run;
    std::vector<event::Event> told;

    void tell(event::Event event) {
        told.push_back(event);
        run.apply(event);
        for (HashWanted& one : run.take_wanted()) wanted.push_back(std::move(one));
    }
    std::vector<HashWanted> wanted;  // since the story began

    void fork(event::ProcessId child, event::ProcessId parent) { tell(event::Fork{common(child), parent, 1000}); }
    void exec(event::ProcessId process, event::ProcessId parent, const std::string& name, const event::Object& object) {
        event::Exec exec;
        exec.common = common(process);
        exec.parent = parent;
        exec.path = path(name);
        exec.filename = name;
        exec.directory = path("/work");
        exec.object = object;
        exec.arguments = {name};
        exec.argument_count = 1;
        tell(exec);
    }
    void exit(event::ProcessId process, std::int32_t status = 0) {
        tell(event::Exit{common(process), status, 1, 2, 3, 4});
    }
    void access(event::ProcessId process, const std::string& name, const event::Object& object, std::uint32_t access) {
        tell(event::FileAccess{common(process), access, 3, object, path(name)});
    }
    void read(event::ProcessId process, const std::string& name, const event::Object& object) {
        access(process, name, object, event::kRead);
    }
    void write(event::ProcessId process, const std::string& name, event::Object object) {
        object.writers = 1;
        access(process, name, object, event::kWrite);
    }
    void create(event::ProcessId process, const std::string& name, event::Object object) {
        object.writers = 1;
        object.stamp.size = 0;
        access(process, name, object, event::kWrite | event::kCreate);
    }
    void name(event::ProcessId process, event::NameOperation operation, const std::string& name,
              std::optional<event::Object> object, const std::string& other = {}) {
        tell(event::NameChange{common(process), operation, 0, {}, {}, name, {}, other});
        tell(event::Renamed{common(process), operation, object, path(name),
                            other.empty() ? event::Path{} : path(other)});
    }
    void foreign_writer(const event::Object& object) {
        tell(event::ForeignWriter{common(0), object, "rsync", path("/f")});
    }

    // `object` was looked at for the content `asked`, long after it changed.
    void hashed(const event::Object& asked, const event::Object& found, char content) {
        event::Digested digested;
        digested.time = found.stamp.ctime + 900'000'000;
        digested.object = asked.id;
        digested.wanted = asked.stamp;
        digested.before = digested.after = found.stamp;
        digested.digest = digest_of(content);
        tell(digested);
    }
    void hashed(const event::Object& object, char content) { hashed(object, object, content); }
    void refused(const event::Object& object, event::Refusal why) {
        event::Digested digested;
        digested.object = object.id;
        digested.wanted = digested.before = digested.after = object.stamp;
        digested.refusal = why;
        tell(digested);
    }
    void at_end(const event::Object& object, std::vector<std::string> gone = {}) {
        tell(event::FinalStamp{object.id, object.stamp, std::move(gone)});
    }
    void gone_at_end(const event::Object& object, std::vector<std::string> gone) {
        tell(event::FinalStamp{object.id, std::nullopt, std::move(gone)});
    }
    // What the run asks for at its end, answered with `content`.
    std::size_t hash_the_rest(char content) {
        const std::vector<HashWanted> rest = run.wanted_at_end();
        for (const HashWanted& one : rest) hashed(one.object, content);
        return rest.size();
    }

    Record record() const { return run.record({}); }
    std::vector<FileEntry> at(const std::string& name) const {
        std::vector<FileEntry> entries;
        for (FileEntry& entry : record().files) {
            if (entry.path.bytes == name) entries.push_back(std::move(entry));
        }
        return entries;
    }
    std::vector<Binding> bindings(const std::string& name) const {
        std::vector<Binding> bindings;
        for (const FileEntry& entry : at(name)) bindings.push_back(entry.binding);
        return bindings;
    }
    std::vector<std::string> outputs() const {
        std::vector<std::string> names;
        for (const FileEntry& entry : record().files) {
            if (entry.output) names.push_back(entry.path.bytes);
        }
        return names;
    }

  private:
    event::Common common(event::ProcessId process) {
        now_ += 1000;
        return {process, 400 + process, now_, 0, ++sequence_, 0};
    }
    std::int64_t now_ = 1'000'000'000'000;
    std::uint64_t sequence_ = 0;
};

}  // namespace fstracker::run::testing
