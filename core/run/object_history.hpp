// SPDX-License-Identifier: Apache-2.0
// One object's life in a run: which contents it had, under which paths, who accessed them how, and how strongly each
// content's digest is bound. Internal to core/run; one thread.
//
// A content is told from the next by its stamp. What is read, executed or loaded belongs to the content that had the
// stamp of that access; what is written belongs to the content that comes next: the one that is read later, or the one
// that is there at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::run {

class ObjectHistory {
  public:
    explicit ObjectHistory(const event::Object& first) : last_(first) {}

    // True when a content came up whose digest is wanted now.
    bool accessed(const event::Path& path, const event::Object& object, std::uint32_t access, event::ProcessId process,
                  std::int64_t time);
    void folded(std::uint32_t access, event::ProcessId process, std::uint64_t count, std::int64_t last);
    void written_from_outside(const event::Object& object);
    void digested(const event::Digested& digested);
    // A name was given (create, rename, link bits) or taken (unlink bit, or rename of the old name).
    void named(const event::Path& path, const event::Object& object, std::uint32_t access, event::ProcessId process,
               std::int64_t time);
    void ended(const event::FinalStamp& final);

    // After ended(): the content there at the end has no digest yet, and should have one.
    [[nodiscard]] bool wants_final_digest() const;

    [[nodiscard]] const event::Object& last() const { return last_; }
    [[nodiscard]] const std::vector<event::Path>& paths() const { return paths_; }
    // The newest of its paths that still leads to it.
    [[nodiscard]] const event::Path& path_at_end() const;
    // Worth a look at the end: a regular file that was touched.
    [[nodiscard]] bool matters_at_end() const { return last_.regular(); }
    [[nodiscard]] const std::optional<event::Stamp>& final_stamp() const { return final_; }

    // The digest of the content that a process used, for naming a program. The last one where there are several.
    [[nodiscard]] std::optional<event::Sha256> digest_used_by(event::ProcessId process, std::uint32_t access) const;

    void append_entries(const event::ObjectId& id, std::vector<FileEntry>& out) const;

  private:
    struct Content {
        event::Stamp stamp;
        std::optional<event::Sha256> digest;
        std::optional<event::Refusal> refusal;
        bool read = false;                // somebody in the run read, executed or loaded it
        bool opened_for_writing_later = false;
        std::string verity_digest;
    };
    struct Use {
        std::uint32_t path;
        std::uint32_t content;  // kPending: of the content that is still to come
        std::uint32_t access;
        std::uint64_t opens;
        std::int64_t first;
        std::int64_t last;
        std::vector<event::ProcessId> processes;  // in order of first use, without doubles
    };
    static constexpr std::uint32_t kPending = 0xffffffff;

    std::uint32_t path_index(const event::Path& path);
    void use(std::uint32_t path, std::uint32_t content, std::uint32_t access, event::ProcessId process, std::int64_t time);
    void attach_pending();
    void push_content(const event::Stamp& stamp);
    [[nodiscard]] bool unchanged_since(const Content& content) const;
    [[nodiscard]] std::pair<Binding, event::Refusal> binding(std::size_t content, bool last_different) const;

    event::Object last_;
    std::vector<event::Path> paths_;
    std::vector<Content> contents_;
    std::vector<Use> uses_;
    std::vector<std::uint32_t> gone_paths_;                             // by index; set at the end
    std::vector<std::pair<event::Stamp, event::Sha256>> other_digests_;  // of contents nobody in the run asked for
    std::optional<event::Stamp> final_;
    bool written_ = false;         // opened for writing, created or truncated by the run
    bool outside_writer_ = false;  // somebody else had it open for writing
    bool unlinked_unchanged_ = false;
};

}  // namespace fstracker::run
