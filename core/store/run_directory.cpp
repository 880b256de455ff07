// SPDX-License-Identifier: Apache-2.0
#include "core/store/run_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"

namespace fstracker::store {

namespace {

struct Place {
    std::string parent;
    std::string name;
    [[nodiscard]] std::string path() const { return parent == "/" ? "/" + name : parent + "/" + name; }
};

Result<std::string> real_path(const std::string& path) {
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr) return base::fail_errno(errno, "cannot use " + path);
    return std::string(resolved);
}

Result<bool> is_empty(const std::string& directory) {
    std::error_code error;
    const bool empty = std::filesystem::is_empty(directory, error);
    if (error) return base::fail_errno(error.value(), "cannot read the directory " + directory);
    return empty;
}

// Where the run directory will be, as a parent that is there and a name in it.
Result<Place> place_of(const std::string& final_path) {
    std::string path = final_path;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path.empty()) return fail(ErrorKind::kInvalid, "a run directory needs a name");

    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            return fail(ErrorKind::kInvalid, path + " is there and is not a directory",
                        "name a directory that is not there yet");
        const auto empty = is_empty(path);
        if (!empty) return fail(empty.error());
        if (!*empty)
            return fail(ErrorKind::kInvalid, "the directory " + path + " is not empty",
                        "name a directory that is not there yet");
        struct stat here {};
        if (::stat(".", &here) == 0 && here.st_dev == status.st_dev && here.st_ino == status.st_ino)
            return fail(ErrorKind::kInvalid, path + " is the working directory, which the run directory would replace",
                        "name a directory that is not there yet");
        auto real = real_path(path);
        if (!real) return fail(real.error());
        path = std::move(*real);
    } else if (errno != ENOENT || ::lstat(path.c_str(), &status) == 0) {
        return base::fail_errno(errno, "cannot use " + path);
    }

    const std::size_t slash = path.find_last_of('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (name.empty() || name == "." || name == "..")
        return fail(ErrorKind::kInvalid, "a run directory cannot be " + final_path,
                    "name a directory that is not there yet");
    auto parent = real_path(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
    if (!parent) return fail(parent.error());
    return Place{std::move(*parent), name};
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
    base::Fd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR* listing = again ? ::fdopendir(again.get()) : nullptr;
    if (listing == nullptr) return base::fail_errno(errno, "cannot read the directory " + path);
    static_cast<void>(again.release());  // closedir() closes it
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing)) {
        if (is_plain_name(entry->d_name)) names.emplace_back(entry->d_name);
        errno = 0;
    }
    const int number = errno;
    ::closedir(listing);
    if (number != 0) return base::fail_errno(number, "cannot read the directory " + path);
    return names;
}

// Has the disk begin, and does not wait. Where that is refused, the sync that follows does it all.
void start_writing(int fd) { static_cast<void>(::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE)); }

// Between its making and its lock a directory can be taken for a dead recorder's, and removed: `links` is 0 then.
Status lock(int directory, const std::string& path, nlink_t& links) {
    while (::flock(directory, LOCK_EX) != 0) {
        if (errno != EINTR) return base::fail_errno(errno, "cannot lock " + path);
    }
    struct stat status {};
    if (::fstat(directory, &status) != 0) return base::fail_errno(errno, "cannot use " + path);
    links = status.st_nlink;
    return {};
}

constexpr std::string_view kMaking = ".new-XXXXXX";

}  // namespace

struct RunDirectoryWriter::State {
    ~State() {
        if (settled) return;
        std::error_code ignored;
        std::filesystem::remove_all(working, ignored);
    }

    // Owner and mode of one file or of the directory itself.
    Status hand_over(int fd, unsigned mode, const std::string& path) const {
        if (options.owner && ::fchown(fd, options.owner->uid, options.owner->gid) != 0)
            return base::fail_errno(errno, "cannot change the owner of " + path);
        if (::fchmod(fd, mode) != 0) return base::fail_errno(errno, "cannot change the mode of " + path);
        return {};
    }

    // Everything is changed before anything is synced: the file system then commits once and not for each file.
    Status settle_all() const {
        const auto names = names_in(directory.get(), working);
        if (!names) return fail(names.error());
        std::vector<base::Fd> files;
        for (const std::string& name : *names) {
            const std::string path = working + "/" + name;
            files.emplace_back(::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            if (!files.back()) return base::fail_errno(errno, "cannot open " + path);
            if (auto done = hand_over(files.back().get(), options.mode & 0666U, path); !done) return done;
            start_writing(files.back().get());
        }
        if (auto done = hand_over(directory.get(), options.mode, working); !done) return done;
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (::fsync(files[i].get()) != 0 && errno != EINVAL)
                return base::fail_errno(errno, "cannot sync " + working + "/" + (*names)[i]);
        }
        if (::fsync(directory.get()) != 0 && errno != EINVAL) return base::fail_errno(errno, "cannot sync " + working);
        return {};
    }

    RunDirectoryOptions options;
    Place place;
    std::string final;
    std::string working;
    base::Fd directory;
    bool settled = false;  // it has another name now, or is somebody else's to remove
};

RunDirectoryWriter::RunDirectoryWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunDirectoryWriter::~RunDirectoryWriter() = default;

const std::string& RunDirectoryWriter::working_path() const { return state_->working; }
const std::string& RunDirectoryWriter::final_path() const { return state_->final; }

Result<std::unique_ptr<RunDirectoryWriter>> RunDirectoryWriter::create(const std::string& final_path,
                                                                       const RunDirectoryOptions& options) {
    auto place = place_of(final_path);
    if (!place) return fail(place.error().within("cannot make a run directory"));

    auto state = std::make_unique<State>();
    state->settled = true;  // until there is something to remove
    state->options = options;
    state->place = *place;
    state->final = place->path();
    for (nlink_t links = 0; links == 0;) {
        state->working = Place{place->parent, "." + place->name + std::string(kMaking)}.path();
        if (::mkdtemp(state->working.data()) == nullptr)
            return base::fail_errno(errno, "cannot make a run directory in " + place->parent);
        state->settled = false;
        state->directory.reset(::open(state->working.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!state->directory && errno == ENOENT) continue;
        if (!state->directory) return base::fail_errno(errno, "cannot open " + state->working);
        if (auto locked = lock(state->directory.get(), state->working, links); !locked) return fail(locked.error());
    }
    return std::unique_ptr<RunDirectoryWriter>(new RunDirectoryWriter(std::move(state)));
}

Result<std::unique_ptr<RunDirectoryWriter>> RunDirectoryWriter::take_over(const std::string& working_path) {
    const auto none = [&] {
        return fail(ErrorKind::kNotFound, working_path + " is no run directory in the making of this user's");
    };
    const std::size_t slash = working_path.find_last_of('/');
    if (slash == std::string::npos) return none();
    const std::string name = working_path.substr(slash + 1);
    if (name.size() <= kMaking.size() + 1 || name.front() != '.') return none();
    const std::size_t end = name.size() - kMaking.size();
    if (name.compare(end, 5, kMaking, 0, 5) != 0) return none();

    auto state = std::make_unique<State>();
    state->settled = true;
    state->place = Place{slash == 0 ? "/" : working_path.substr(0, slash), name.substr(1, end - 1)};
    state->final = state->place.path();
    state->working = working_path;
    state->directory.reset(::open(working_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!state->directory || ::fstat(state->directory.get(), &status) != 0 || status.st_uid != ::geteuid())
        return none();
    if (::flock(state->directory.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::unique_ptr<RunDirectoryWriter>();
        return base::fail_errno(errno, "cannot lock " + working_path);
    }
    // It may have got its name, or gone, between the look at it and the lock.
    struct stat now {};
    if (::stat(working_path.c_str(), &now) != 0 || now.st_ino != status.st_ino || now.st_dev != status.st_dev)
        return none();
    state->settled = false;
    return std::unique_ptr<RunDirectoryWriter>(new RunDirectoryWriter(std::move(state)));
}

void RunDirectoryWriter::set_mode(unsigned mode) { state_->options.mode = mode; }

void RunDirectoryWriter::leave() { state_->settled = true; }
void RunDirectoryWriter::discard() { state_->settled = false; }

Status RunDirectoryWriter::write(std::string_view name, std::string_view bytes) {
    if (!is_plain_name(name))
        return fail(ErrorKind::kInvalid, "a run directory has no file of the name '" + std::string(name) + "'");
    const std::string file_name(name);
    const std::string path = state_->working + "/" + file_name;
    const int directory = state_->directory.get();
    if (::unlinkat(directory, file_name.c_str(), 0) != 0 && errno != ENOENT)
        return base::fail_errno(errno, "cannot replace " + path);
    base::Fd file(::openat(directory, file_name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return base::fail_errno(errno, "cannot make " + path);
    Status done = base::write_all(file.get(), bytes, path);
    start_writing(file.get());
    if (done && ::close(file.release()) != 0) done = base::fail_errno(errno, "cannot write " + path);
    if (!done) ::unlinkat(directory, file_name.c_str(), 0);
    return done;
}

Status RunDirectoryWriter::commit() {
    const auto remove = [&](const char* name) -> Status {
        if (::unlinkat(state_->directory.get(), name, 0) == 0 || errno == ENOENT) return {};
        return base::fail_errno(errno, "cannot remove " + state_->working + "/" + name);
    };
    for (const char* name : {kJournalFile, kInspectionsFile, kProjectFile}) {
        if (auto removed = remove(name); !removed) return removed;
    }
    if (auto done = state_->settle_all(); !done) return done;
    if (auto removed = remove(kNoteFile); !removed) return removed;
    // rename(2) replaces an empty directory in one step, and nothing else: what has come there meanwhile is safe.
    if (::rename(state_->working.c_str(), state_->final.c_str()) != 0)
        return base::fail_errno(errno, "cannot put the run directory in place at " + state_->final);
    state_->settled = true;
    return base::sync_directory(state_->place.parent);
}

Result<std::string> RunDirectoryWriter::keep_partial() {
    static constexpr int kTries = 100;
    for (int number = 1; number <= kTries; ++number) {
        const std::string name = state_->final + ".partial" + (number == 1 ? "" : "-" + std::to_string(number));
        if (::rename(state_->working.c_str(), name.c_str()) == 0) {
            state_->settled = true;
            return name;
        }
        if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
            return base::fail_errno(errno, "cannot keep what was recorded as " + name);
    }
    return fail(ErrorKind::kSystem, "cannot keep what was recorded as " + state_->final + ".partial: the name is taken",
                "remove the partial run directories that were kept before");
}

}  // namespace fstracker::store
