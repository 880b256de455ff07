// SPDX-License-Identifier: Apache-2.0
#include "daemon/broker/kernel_sides.hpp"

#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <linux/magic.h>
#include <spdlog/spdlog.h>

#include "capture/bpf/run.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::daemon {

namespace {

constexpr std::string_view kRunPrefix = "run:";  // and the number

std::vector<std::string> names_in(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().native());
    return names;
}

Status check_file_system(const std::string& folder) {
    const std::string parent = std::filesystem::path(folder).parent_path().native();
    struct statfs status {};
    if (::statfs(parent.c_str(), &status) != 0) return base::fail_errno(errno, "cannot use " + parent);
    if (status.f_type == BPF_FS_MAGIC) return {};
    return fail(ErrorKind::kUnsupported, parent + " is not a BPF file system: runs could not outlive the service",
                "mount -t bpf bpf " + parent);
}

std::uint32_t random_number(std::uint32_t place) {
    std::uint32_t bits = 0;
    static_cast<void>(::getrandom(&bits, sizeof bits, 0) == sizeof bits);
    return bits / capture::kPlaces * capture::kPlaces + place;
}

}  // namespace

KernelSides::KernelSides(std::string folder, std::string backend, std::size_t ring_bytes)
    : folder_(std::move(folder)), backend_(std::move(backend)), ring_bytes_(ring_bytes) {}

Result<std::vector<KernelSides::PinnedRun>> KernelSides::adopt() {
    std::vector<PinnedRun> found;
    for (const std::string& name : names_in(folder_)) {
        const std::string path = folder_ + "/" + name;
        auto kernel = capture::Kernel::is_readable(name)
                          ? capture::Kernel::adopt(path)
                          : Result<std::shared_ptr<capture::Kernel>>(
                                fail(ErrorKind::kUnsupported, path + " is of another version"));
        if (!kernel) {
            // What it recorded cannot be read: its runs are told as incomplete, from what their directories hold.
            spdlog::warn("what an earlier service left in the kernel is given up: {}", kernel.error().message);
            static_cast<void>(capture::Kernel::unpin(path));
            continue;
        }
        Side& side = sides_[path];
        side.kernel = std::move(*kernel);
        for (const std::string& run : names_in(path)) {
            std::uint32_t number = 0;
            if (!run.starts_with(kRunPrefix)) continue;
            std::from_chars(run.data() + kRunPrefix.size(), run.data() + run.size(), number);
            side.runs[capture::place_of(number)] = number;
            found.push_back({path, path + "/" + run, number});
        }
    }
    return found;
}

Result<KernelSides::Side*> KernelSides::side_for_new_runs() {
    if (!current_.empty()) return &sides_.at(current_);
    if (auto suits = check_file_system(folder_); !suits) return fail(suits.error());
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
        return base::fail_errno(errno, "cannot make " + folder_);
    auto kernel = capture::Kernel::load({backend_, 0, {}});
    if (!kernel) return fail(kernel.error());
    const std::string path = folder_ + "/" + (*kernel)->pin_name();
    if (const auto known = sides_.find(path); known == sides_.end()) {
        if (auto pinned = (*kernel)->pin(path); !pinned) return fail(pinned.error());
        sides_[path].kernel = std::move(*kernel);
    }
    current_ = path;
    return &sides_.at(current_);
}

Result<const capture::Kernel*> KernelSides::current() {
    auto side = side_for_new_runs();
    if (!side) return fail(side.error());
    if (auto attached = (*side)->kernel->attach(); !attached) return fail(attached.error());
    return (*side)->kernel.get();
}

const capture::Kernel* KernelSides::known() const {
    return current_.empty() ? nullptr : sides_.at(current_).kernel.get();
}

Result<KernelSides::Place> KernelSides::begin(std::uint32_t pid) {
    if (const auto ready = current(); !ready) return fail(ready.error());
    Side& side = sides_.at(current_);
    std::uint32_t place = 1;
    while (side.runs.contains(place)) ++place;
    if (place >= capture::kPlaces)
        return fail(ErrorKind::kUnsupported, fmt::format("{} runs are being recorded", capture::kPlaces - 1),
                    "wait until one has ended");
    Place made;
    made.number = random_number(place);
    made.kernel_pins = current_;
    made.run_pins = fmt::format("{}/{}{}", current_, kRunPrefix, made.number);
    made.backend = side.kernel->backend();
    made.missed_before = side.kernel->missed();
    side.runs[place] = made.number;
    auto run = capture::KernelRun::begin(side.kernel, made.number, ring_bytes_);
    Status done = run ? (*run)->pin(made.run_pins) : Status(fail(run.error()));
    if (done) done = side.kernel->join(made.number, static_cast<pid_t>(pid));
    if (done) return made;
    release(made.kernel_pins, made.run_pins, made.number);
    return fail(done.error());
}

void KernelSides::release(const std::string& kernel_pins, const std::string& run_pins, std::uint32_t number) {
    const auto side = sides_.find(kernel_pins);
    if (side == sides_.end()) return;
    if (auto released = capture::KernelRun::release(*side->second.kernel, number, run_pins); !released)
        spdlog::warn("a place in the kernel was not freed: {}", released.error().message);
    side->second.runs.erase(capture::place_of(number));
    if (kernel_pins != current_ && side->second.runs.empty() && !current_.empty()) {
        static_cast<void>(capture::Kernel::unpin(kernel_pins));
        sides_.erase(side);
    }
}

void KernelSides::rest() {
    for (auto side = sides_.begin(); side != sides_.end();) {
        const bool idle = side->second.runs.empty();
        if (idle && side->first != current_) {
            static_cast<void>(capture::Kernel::unpin(side->first));
            side = sides_.erase(side);
            continue;
        }
        if (idle && side->second.kernel->attached()) static_cast<void>(side->second.kernel->detach());
        ++side;
    }
}

void KernelSides::set_clock() {
    for (const auto& [folder, side] : sides_) static_cast<void>(side.kernel->set_clock());
}

}  // namespace fstracker::daemon
