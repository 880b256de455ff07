// SPDX-License-Identifier: Apache-2.0
#include "cli/service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "cli/places.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::cli {

namespace {

using control::Client;

constexpr control::Milliseconds kPatience{10'000};

Error to_result(const control::CallFailure& failure) { return failure.error; }

// Folders of this process that go when it ends.
class Borrowed {
  public:
    ~Borrowed() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    Result<std::string> folder() {
        if (!folder_.empty()) return folder_;
        std::error_code error;
        std::string made = (std::filesystem::temp_directory_path(error) / "fstracker-runs.XXXXXX").native();
        if (error) return base::fail_errno(error.value(), "a temporary folder");
        if (::mkdtemp(made.data()) == nullptr) return base::fail_errno(errno, "cannot make " + made);
        folder_ = made;
        return folder_;
    }

    [[nodiscard]] const std::string& known() const { return folder_; }

  private:
    std::string folder_;
};

Borrowed& borrowed() {
    static Borrowed all;
    return all;
}

Status copy_file(int from, const std::string& to, unsigned mode) {
    const base::Fd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) return base::fail_errno(errno, "cannot make " + to);
    constexpr std::size_t kBlock = std::size_t{256} << 10;
    std::string block(kBlock, '\0');
    for (off_t at = 0;;) {
        const ssize_t got = ::pread(from, block.data(), block.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return base::fail_errno(errno, "reading what the service holds");
        if (got == 0) return {};
        if (auto written = base::write_all(file.get(), {block.data(), static_cast<std::size_t>(got)}, to); !written)
            return written;
        at += got;
    }
}

// A name that is one and no path: what comes from a socket is not believed.
bool is_plain(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name.front() != '.';
}

}  // namespace

std::string service_socket() { return environment("FSTRACKER_SOCKET").value_or(control::kSocketPath); }

Result<std::optional<Client>> connect_to_service() {
    auto client = Client::connect(service_socket(), kPatience);
    if (client) return std::optional(std::move(*client));
    switch (client.error().trouble) {
        case control::Trouble::kNobodyListens:
        case control::Trouble::kNoPermission: return std::optional<Client>();
        case control::Trouble::kRefused:
        case control::Trouble::kTimeout:
        case control::Trouble::kClosed:
        case control::Trouble::kProtocol:
        case control::Trouble::kSystem: break;
    }
    return fail(to_result(client.error()));
}

Result<std::vector<control::Run>> runs_of_service() {
    std::vector<control::Run> runs;
    auto service = connect_to_service();
    if (!service) return fail(service.error());
    if (!*service) return runs;
    const auto take = [&](Client::Answered<control::ListRuns>& batch) {
        runs.insert(runs.end(), batch.reply.runs.begin(), batch.reply.runs.end());
        return true;
    };
    auto last = (*service)->call_for_more<control::ListRuns>({}, kPatience, take);
    if (!last) return fail(to_result(last.error()));
    take(*last);
    return runs;
}

Status copy_run(Client& service, const std::string& run, const std::string& directory, unsigned mode) {
    if (::mkdir(directory.c_str(), mode) != 0 && !(errno == EEXIST && std::filesystem::is_empty(directory)))
        return base::fail_errno(errno, "cannot make " + directory);
    Status copied;
    const auto take = [&](Client::Answered<control::GetRun>& part) {
        for (const auto& file : part.reply.files) {
            if (!is_plain(file.name) || !copied) continue;
            copied =
                copy_file(part.descriptors.at(file.descriptor.index).get(), directory + "/" + file.name, mode & 0666U);
        }
        return copied.has_value();
    };
    auto last = service.call_for_more<control::GetRun>({run}, kPatience, take);
    if (!last) return fail(to_result(last.error()));
    take(*last);
    return copied;
}

Result<std::string> borrow_run(Client& service, const std::string& run) {
    auto known = service.call<control::GetRun>({run}, kPatience);
    if (!known) {
        Error error = to_result(known.error());
        const bool none = known.error().refusal && std::holds_alternative<control::NoSuchRun>(*known.error().refusal);
        if (none) error.kind = ErrorKind::kNotFound;
        return fail(std::move(error));
    }
    const std::string id = known->reply.run.run;
    if (!store::is_run_id(id)) return fail(ErrorKind::kInvalid, "the service calls a run what is no run id");
    const auto folder = borrowed().folder();
    if (!folder) return fail(folder.error());
    const std::string directory = *folder + "/" + id;
    if (::access(directory.c_str(), F_OK) == 0) return directory;
    constexpr unsigned kOwn = 0700;
    if (auto copied = copy_run(service, id, directory, kOwn); !copied) return fail(copied.error());
    return directory;
}

bool is_of_service(const std::string& directory) {
    const auto folder = borrowed().known();
    if (!folder.empty() && directory.starts_with(folder + "/")) return true;
    const auto entry = store::read_entry(directory);
    return entry && entry->uid;
}

Result<sign::PublicKey> service_public_key() {
    const std::string path = std::filesystem::path(service_socket()).parent_path() / "key.pub";
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return base::fail_errno(errno, path);
    return sign::load_public_key(path);
}

}  // namespace fstracker::cli
