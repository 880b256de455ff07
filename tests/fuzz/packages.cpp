// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a step may leave in place of a package manager's records: pip's RECORD, npm's package.json.
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/artifact/node_packages.hpp"
#include "core/artifact/python_packages.hpp"

namespace {

class Folder {
  public:
    Folder() : path_((std::filesystem::temp_directory_path() / "fuzz-packages.XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        std::filesystem::create_directory(path_ + "/a-1.0.dist-info");
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const char* name, const std::uint8_t* data, std::size_t size) const {
        const int fd = ::open((path_ + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size) || ::close(fd) != 0) std::abort();
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::artifact;
    static const Folder folder;
    folder.write("/a-1.0.dist-info/RECORD", data, size);
    folder.write("/package.json", data, size);
    const auto found = look_up(folder.path(), {"a", "a/b.py", "", "a,b", "a\"b"});
    for (const auto& [path, owner] : found.owners)
        if (owner.url != "pkg:pypi/a@1.0") std::abort();
    const std::string url = node_package_url(folder.path());
    if (!url.empty() && !url.starts_with("pkg:npm/")) std::abort();
    for (const char c : url)
        if (c <= ' ' || c >= 0x7F) std::abort();
    return 0;
}
