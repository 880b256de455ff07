// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/given_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/evidence/text.hpp"

namespace fstracker::control {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

Result<FilePacker> FilePacker::create() {
    base::Fd memory(::memfd_create("fstracker-files", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) return base::fail_errno(errno, "memory for the run's files");
    return FilePacker(std::move(memory));
}

Status FilePacker::add(std::string path, Purpose purpose, std::string_view content) {
    if (auto written = base::write_all(memory_.get(), content, "memory for the run's files"); !written) return written;
    files_.push_back({Bytes{std::move(path)}, purpose, {}, size_, content.size()});
    size_ += content.size();
    return {};
}

Result<FilePacker::Packed> FilePacker::finish(DescriptorIndex index) {
    if (::fcntl(memory_.get(), F_ADD_SEALS, kSeals) != 0) return base::fail_errno(errno, "the run's files");
    for (auto& file : files_) file.descriptor = index;
    return Packed{std::move(files_), std::move(memory_)};
}

Status check_given_files(const std::vector<GivenFile>& files, const Descriptors& descriptors, std::uint64_t most) {
    std::uint64_t together = 0;
    for (const auto& file : files) {
        const auto wrong = [&file](std::string why) {
            return fail(ErrorKind::kInvalid, evidence::display(file.path.bytes) + ": " + std::move(why));
        };
        if (file.descriptor.index >= descriptors.size()) return wrong("its descriptor did not come");
        const int fd = descriptors[file.descriptor.index].get();
        // Only memory files have seals, and of those fstat(2) is answered at once: a file of a FUSE file system could
        // have this process wait for ever.
        const int seals = ::fcntl(fd, F_GET_SEALS);
        if (seals < 0 || (seals & kSeals) != kSeals) return wrong("does not come in a sealed memfd");
        struct stat status {};
        if (::fstat(fd, &status) != 0) return base::fail_errno(errno, evidence::display(file.path.bytes));
        const auto size = static_cast<std::uint64_t>(status.st_size);
        if (file.offset > size || file.size > size - file.offset) return wrong("does not lie within its memfd");
        if (file.size > most || (together += file.size) > most)
            return wrong(fmt::format("the files are longer than {} bytes together", most));
    }
    return {};
}

Result<std::string> read_given_file(const GivenFile& file, const base::Fd& memory) {
    std::string content(file.size, '\0');
    for (std::size_t done = 0; done < content.size();) {
        const auto length =
            ::pread(memory.get(), content.data() + done, content.size() - done, static_cast<off_t>(file.offset + done));
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return base::fail_errno(errno, evidence::display(file.path.bytes));
        if (length == 0)
            return fail(ErrorKind::kInvalid, evidence::display(file.path.bytes) + ": does not lie within its memfd");
        done += static_cast<std::size_t>(length);
    }
    return content;
}

}  // namespace fstracker::control
