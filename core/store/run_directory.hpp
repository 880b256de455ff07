// SPDX-License-Identifier: Apache-2.0
// A run directory (docs/run-directory.md) in the making: under a hidden name beside its place, renamed when it is
// whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::store {

inline constexpr const char* kTraceFile = "trace.sigstore.json";
inline constexpr const char* kVerdictFile = "verdict.sigstore.json";
inline constexpr const char* kEventsFile = "events.ndjson.zst";
inline constexpr const char* kFilesFile = "files.ndjson.zst";
inline constexpr const char* kSummaryFile = "summary.json";
// Only in a directory in the making: what whoever finds it after its recorder died needs to finish it.
inline constexpr const char* kNoteFile = "recording.json";
// As well, of a run that a recorder after this one may go on with: the journal (journal.hpp), what was told of
// contents, and the project's files as they were when the run began.
inline constexpr const char* kJournalFile = "journal";
inline constexpr const char* kInspectionsFile = "inspections";
inline constexpr const char* kProjectFile = "project";

struct Owner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

struct RunDirectoryOptions {
    // Of the directory when it is committed; its files get the same without the x bits. Until then it is 0700. In the
    // store it stays so; for --out the caller passes 0777 without its umask.
    unsigned mode = 0700;
    std::optional<Owner> owner;  // chowned to before it gets its name (root only)
};

// Without commit(), keep_partial() or leave() nothing is left behind. The directory is locked (flock) as long as its
// writer lives, so that one whose recorder died can be told. One thread.
class RunDirectoryWriter {
  public:
    // `final_path` must not exist, or be an empty directory; its parent must exist and be writable (checked now, before
    // the command starts).
    static Result<std::unique_ptr<RunDirectoryWriter>> create(const std::string& final_path,
                                                              const RunDirectoryOptions& options = {});
    // A directory in the making (`working_path`, as create() names them) whose writer died. kNotFound when it is none,
    // or is another user's; nothing when its writer lives.
    static Result<std::unique_ptr<RunDirectoryWriter>> take_over(const std::string& working_path);
    ~RunDirectoryWriter();
    RunDirectoryWriter(const RunDirectoryWriter&) = delete;
    RunDirectoryWriter& operator=(const RunDirectoryWriter&) = delete;

    [[nodiscard]] const std::string& working_path() const;  // where files are written until commit()
    [[nodiscard]] const std::string& final_path() const;    // absolute, without symbolic links

    // The file `name` of the directory, replaced where it is there. When it fails there is no file of that name.
    Status write(std::string_view name, std::string_view bytes);

    // The modes that commit() will give.
    void set_mode(unsigned mode);

    // Syncs everything, removes the note and what else is only for recovery, renames to the final path, syncs the
    // parent. A directory in the making that has evidence and no note was killed in between, and is whole. When it
    // fails the directory is
    // still under its working path, and keep_partial() can be tried.
    Status commit();

    // Keeps the directory under "<final>.partial" for a person to look at, after a failure that lost the evidence;
    // gives the name ("<final>.partial-2" and so on where that is taken).
    Result<std::string> keep_partial();

    // Leaves the directory under its working path, for take_over().
    void leave();
    // Has nothing left behind, although leave() was called.
    void discard();

  private:
    struct State;
    explicit RunDirectoryWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::store
