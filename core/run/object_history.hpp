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
#include <unordered_map>
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
    // The kernel's number for one of its names; 0: none.
    void called(std::uint32_t name, const event::Path& path);
    void folded(const event::FoldTotal& fold);
    void written_from_outside(const event::Object& object);
    // The backend does not see who else has it open for writing.
    void writers_unseen() { writers_unseen_ = true; }
    // The run itself may still hold it open or mapped for writing, and nobody counts that: it can change without a
    // sign.
    [[nodiscard]] bool may_have_unseen_writers() const { return writers_unseen_ && written_; }
    void digested(const event::Digested& digested);
    // A name was given (create, rename, link bits) or taken (unlink bit, or rename of the old name).
    void named(const event::Path& path, const event::Object& object, std::uint32_t access, event::ProcessId process,
               std::int64_t time);
    void ended(const event::FinalStamp& final);
    [[nodiscard]] bool has_ended() const { return ended_; }

    // After ended(): the content there at the end has no digest yet, and should have one.
    [[nodiscard]] bool wants_final_digest() const;

    [[nodiscard]] const event::Object& last() const { return last_; }
    [[nodiscard]] const std::vector<event::Path>& paths() const { return paths_; }
    // The newest of its paths that still leads to it.
    [[nodiscard]] const event::Path& path_at_end() const;
    // When the run last did something to it or to a name of it.
    [[nodiscard]] std::int64_t last_time() const { return last_time_; }
    // Worth a look at the end: a regular file that was touched.
    [[nodiscard]] bool matters_at_end() const { return last_.regular(); }
    [[nodiscard]] const std::optional<event::Stamp>& final_stamp() const { return final_; }

    // The digest of the content that a process used, for naming a program. The last one where there are several.
    [[nodiscard]] std::optional<event::Sha256> digest_used_by(event::ProcessId process, std::uint32_t access) const;

    void append_entries(std::vector<FileEntry>& out) const;

  private:
    struct Content {
        event::Stamp stamp;
        bool found = false;  // it was there before the run wrote to the object
        // Nobody had it open for writing when its digest was asked for, and nobody has opened it so since. Until then
        // its bytes may change under the same stamp: a mapping that is dirty is stored to without another word.
        bool settled = false;
        std::optional<event::Sha256> digest;
        std::optional<event::Refusal> refusal;
        std::int64_t digested_at = 0;
        std::string verity_digest;

        void take(const event::Digested& digested, bool at_end);
        [[nodiscard]] bool digested_young() const;
    };
    struct OtherDigest {
        event::Stamp stamp;
        event::Sha256 digest{};
        std::int64_t at = 0;
    };
    struct Use {
        std::uint32_t path = 0;
        std::uint32_t content = 0;
        std::uint32_t access = 0;
        std::uint64_t opens = 0;
        std::int64_t first = 0;
        std::int64_t last = 0;
        std::vector<event::ProcessId> processes;  // in order of first use, without doubles
    };

    std::uint32_t path_index(const event::Path& path);
    [[nodiscard]] bool may_be_called(std::uint32_t name, std::uint32_t path) const;
    [[nodiscard]] bool is_gone(std::uint32_t path) const;
    [[nodiscard]] std::uint32_t last_content() const { return static_cast<std::uint32_t>(contents_.size() - 1); }
    Use touched(const event::Path& path, const event::Object& object, std::uint32_t access, event::ProcessId process,
                std::int64_t time);
    void use(const Use& added);
    [[nodiscard]] Use* find_use(std::uint32_t content, std::uint32_t path);
    [[nodiscard]] FileEntry entry_of(Use use, const std::vector<std::uint32_t>& stands_for) const;
    void use_to_come(const Use& added);
    void push_content(const event::Stamp& stamp);
    void opened_for_writing();
    void changed_without_a_sign(const event::Digested& digested);
    void attach_pending();
    void carry_over(bool readers);
    [[nodiscard]] bool unchanged_since(const Content& content) const;
    [[nodiscard]] std::vector<std::uint32_t> equal_contents() const;
    [[nodiscard]] bool is_output() const;
    [[nodiscard]] std::pair<Binding, event::Refusal> binding(std::uint32_t content,
                                                             const std::vector<std::uint32_t>& stands_for) const;

    event::Object last_;
    std::vector<event::Path> paths_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> names_;  // the kernel's number, path
    std::vector<Content> contents_;
    std::vector<Use> uses_;
    std::unordered_map<std::uint64_t, std::size_t>
        use_of_;                              // content << 32 | path -> index in uses_; once they are many
    std::vector<Use> pending_;                // of the content that is still to come; one for each path
    std::vector<std::uint32_t> gone_paths_;   // by index; set at the end
    std::vector<OtherDigest> other_digests_;  // of contents nobody in the run asked for
    std::optional<event::Stamp>
        found_;  // of what was there when the run first touched it, unless it began with nothing
    std::optional<event::Stamp> final_;
    std::int64_t last_time_ = 0;
    bool seen_ = false;
    bool ended_ = false;
    bool written_ = false;         // opened for writing, created or truncated by the run
    bool outside_writer_ = false;  // somebody else had it open for writing
    bool writers_unseen_ = false;
    bool unlinked_unchanged_ = false;  // and nobody was seen to write since
};

}  // namespace fstracker::run
