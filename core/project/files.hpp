// SPDX-License-Identifier: Apache-2.0
// The files of a project, by path: on the disk, or in memory, handed over by whoever has read them there. What is made
// of them is the same.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::project {

// One thread's own.
class Files {
  public:
    enum class Kind { kNone, kFile, kFolder, kOther };
    struct Listing {
        std::vector<std::string> files;    // regular ones, sorted, each with the folder's path before it
        std::optional<std::string> fault;  // why there may be more
    };
    using Wanted = std::function<bool(const std::string& path)>;

    Files() = default;
    virtual ~Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    // What the path leads to. Where that cannot be told: why, without the path.
    [[nodiscard]] virtual Result<Kind> kind(const std::string& path) const = 0;
    [[nodiscard]] bool exists(const std::string& path) const;
    // The whole file. kNotFound where there is none, kInvalid where it is longer than `most` bytes or no regular file.
    virtual Result<std::string> read(const std::string& path, std::size_t most) = 0;
    // Likewise, and of a pipe, to its end.
    virtual Result<std::string> read_any(const std::string& path, std::size_t most) = 0;
    // Of what is below the folder the files that are wanted, and no more than `most` + 1 of them.
    [[nodiscard]] virtual Listing below(const std::string& folder, const Wanted& wanted, std::size_t most) const = 0;
};

// Remembers what it has read: that, and not what is there later, is what can be handed over.
class DiskFiles final : public Files {
  public:
    struct Remembered {
        std::string path;  // as it was asked for
        std::string bytes;
        bool operator==(const Remembered&) const = default;
    };

    [[nodiscard]] Result<Kind> kind(const std::string& path) const override;
    Result<std::string> read(const std::string& path, std::size_t most) override;
    Result<std::string> read_any(const std::string& path, std::size_t most) override;
    [[nodiscard]] Listing below(const std::string& folder, const Wanted& wanted, std::size_t most) const override;

    [[nodiscard]] const std::vector<Remembered>& remembered() const { return remembered_; }  // in the order of reading

  private:
    Result<std::string> remember(const std::string& path, Result<std::string> bytes);
    std::vector<Remembered> remembered_;
};

// Looks at no disk: nothing is there but what it was given.
class MemoryFiles final : public Files {
  public:
    explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

    [[nodiscard]] Result<Kind> kind(const std::string& path) const override;
    Result<std::string> read(const std::string& path, std::size_t most) override;
    Result<std::string> read_any(const std::string& path, std::size_t most) override;
    [[nodiscard]] Listing below(const std::string& folder, const Wanted& wanted, std::size_t most) const override;

  private:
    std::map<std::string, std::string> files_;
};

}  // namespace fstracker::project
