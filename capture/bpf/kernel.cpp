// SPDX-License-Identifier: Apache-2.0
#include "capture/bpf/kernel.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "capture/backends.hpp"
#include "capture/bpf/object.hpp"
#include "core/base/clock.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

namespace {

// As bpf/lib/maps.h has it.
struct KernelHost {
    std::int64_t wall_clock_offset;
    std::uint64_t recording;
    std::uint32_t joining, pad;
};

constexpr std::array<const char*, kKernelMaps> kMapNames = {"hosts", "runs",    "counters", "rings",
                                                            "folds", "objects", "requests"};

// Below a folder of pins. What is there last makes the folder whole.
constexpr const char* kMaps = "/maps/";
constexpr const char* kPrograms = "/programs/";  // numbered, with their section
constexpr const char* kLinks = "/links/";        // likewise
constexpr const char* kIterator = "/iterator";
constexpr std::size_t kNameBytes = 8;  // of a digest

// Names of pins whose maps and records have this layout. The last number is of the maps that user space reads.
const std::string kLayout = fmt::format("abi{}-1-", FST_ABI_VERSION);

// A BPF file system takes no dots in names, and a name has no slash.
std::string pin_of(std::size_t number, std::string section) {
    std::replace(section.begin(), section.end(), '/', ':');
    std::replace(section.begin(), section.end(), '.', '%');
    return fmt::format("{:02}~{}", number, section);
}

std::string section_of(const std::string& pin_name) {
    std::string pin = pin_name.substr(pin_name.find('~') + 1);
    std::replace(pin.begin(), pin.end(), ':', '/');
    std::replace(pin.begin(), pin.end(), '%', '.');
    return pin;
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().native());
    if (error) return base::fail_errno(error.value(), folder);
    std::sort(names.begin(), names.end());
    return names;
}

Result<base::Fd> open_pin(const std::string& path) {
    base::Fd opened(bpf_obj_get(path.c_str()));
    if (!opened) return base::fail_errno(errno, "cannot open " + path);
    return opened;
}

Status pin_at(int fd, const std::string& path) {
    if (bpf_obj_pin(fd, path.c_str()) != 0) return base::fail_errno(errno, "cannot pin " + path);
    return {};
}

Status make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0) return base::fail_errno(errno, "cannot make " + path);
    return {};
}

}  // namespace

Kernel::~Kernel() = default;

Result<std::shared_ptr<Kernel>> Kernel::load(BpfSettings settings) {
    std::vector<std::string> candidates{settings.backend};
    if (settings.backend == "auto") candidates.assign(bpf_backend_names().begin(), bpf_backend_names().end());
    Error refused;
    for (const std::string& name : candidates) {
        settings.backend = name;
        auto object = BpfObject::load(settings);
        const Status attached = object ? (*object)->attach() : fail(object.error());
        if (!attached) {
            refused = attached.error();
            continue;
        }
        std::shared_ptr<Kernel> kernel(new Kernel);
        kernel->object_ = std::move(*object);
        kernel->backend_ = name;
        kernel->hooks_ = kernel->object_->hooks();
        const fstracker_bpf& skeleton = *kernel->object_->get();
        const std::array<bpf_map*, kKernelMaps> maps = {skeleton.maps.hosts, skeleton.maps.runs,   skeleton.maps.counters,
                                                        skeleton.maps.rings, skeleton.maps.folds,  skeleton.maps.objects,
                                                        skeleton.maps.requests};
        for (std::size_t i = 0; i < kKernelMaps; ++i) kernel->maps_[i] = bpf_map__fd(maps[i]);
        kernel->iterator_ = bpf_program__fd(skeleton.progs.inherited__descriptor);
        kernel->programs_ = kernel->object_->programs();
        if (auto set = kernel->set_clock(); !set) return fail(set.error());
        return kernel;
    }
    return fail(refused);
}

std::string Kernel::pin_name() const {
    std::size_t size = 0;
    const auto* bytes = static_cast<const char*>(fstracker_bpf__elf_bytes(&size));
    const event::Sha256 digest = digest::sha256(std::string_view(bytes, size));
    return kLayout + base::to_hex(std::span(digest).first(kNameBytes)) + "-" + backend_;
}

bool Kernel::is_readable(const std::string& pin_name) { return pin_name.starts_with(kLayout); }

Status Kernel::pin(const std::string& folder) {
    const auto fill = [&]() -> Status {
        for (const char* part : {"/maps", "/programs", "/links"}) {
            if (auto made = make_folder(folder + part); !made) return made;
        }
        for (std::size_t i = 0; i < kKernelMaps; ++i) {
            if (auto done = pin_at(maps_[i], folder + kMaps + kMapNames[i]); !done) return done;
        }
        for (std::size_t i = 0; i < programs_.size(); ++i) {
            if (auto done = pin_at(programs_[i], folder + kPrograms + pin_of(i, hooks_[i])); !done) return done;
        }
        for (std::size_t i = 0; i < object_->links().size(); ++i) {
            const std::string path = folder + kLinks + pin_of(i, hooks_[i]);
            if (auto done = pin_at(bpf_link__fd(object_->links()[i]), path); !done) return done;
        }
        return pin_at(iterator_, folder + kIterator);
    };
    if (object_ == nullptr) return fail(ErrorKind::kInvalid, "what was adopted is pinned already");
    if (auto made = make_folder(folder); !made) return made;
    auto filled = fill();
    if (!filled) {
        static_cast<void>(unpin(folder));
        return filled;
    }
    folder_ = folder;
    object_->detach();  // the pins hold them
    return filled;
}

Status Kernel::unpin(const std::string& folder) {
    std::error_code error;
    // The programs stop first.
    std::filesystem::remove_all(folder + "/links", error);
    if (!error) std::filesystem::remove_all(folder, error);
    if (error) return base::fail_errno(error.value(), "cannot remove " + folder);
    return {};
}

Result<std::shared_ptr<Kernel>> Kernel::adopt(const std::string& folder) {
    auto iterator = open_pin(folder + kIterator);
    if (!iterator) return fail(iterator.error());
    std::shared_ptr<Kernel> kernel(new Kernel);
    kernel->folder_ = folder;
    kernel->iterator_ = iterator->get();
    kernel->opened_.push_back(std::move(*iterator));
    for (std::size_t i = 0; i < kKernelMaps; ++i) {
        auto map = open_pin(folder + kMaps + kMapNames[i]);
        if (!map) return fail(map.error());
        kernel->maps_[i] = map->get();
        kernel->opened_.push_back(std::move(*map));
    }
    const auto programs = names_in(folder + "/programs");
    if (!programs) return fail(programs.error());
    for (const std::string& name : *programs) {
        auto program = open_pin(folder + kPrograms + name);
        if (!program) return fail(program.error());
        kernel->programs_.push_back(program->get());
        kernel->hooks_.push_back(section_of(name));
        kernel->opened_.push_back(std::move(*program));
    }
    const auto links = names_in(folder + "/links");
    if (!links) return fail(links.error());
    kernel->attached_ = links->size() == programs->size();
    const std::string name = std::filesystem::path(folder).filename().native();
    kernel->backend_ = name.substr(name.rfind('-') + 1);
    if (auto set = kernel->set_clock(); !set) return fail(set.error());
    return kernel;
}

Status Kernel::attach() {
    if (attached_) return {};
    for (std::size_t i = 0; i < programs_.size(); ++i) {
        const std::string path = folder_ + kLinks + pin_of(i, hooks_[i]);
        const base::Fd link(bpf_raw_tracepoint_open(nullptr, programs_[i]));
        Status done = link ? Status() : base::fail_errno(errno, "attaching " + hooks_[i]);
        if (done) ::unlink(path.c_str());
        if (done) done = pin_at(link.get(), path);
        if (done) continue;
        static_cast<void>(detach());
        return done;
    }
    attached_ = true;
    return {};
}

Status Kernel::detach() {
    attached_ = false;
    const auto links = names_in(folder_ + "/links");
    if (!links) return fail(links.error());
    for (const std::string& name : *links) {
        if (::unlink((folder_ + kLinks + name).c_str()) != 0 && errno != ENOENT)
            return base::fail_errno(errno, "cannot remove " + folder_ + kLinks + name);
    }
    return {};
}

std::uint64_t Kernel::missed() const {
    std::uint64_t missed = 0;
    for (const int program : programs_) {
        bpf_prog_info info{};
        __u32 size = sizeof(info);
        if (bpf_obj_get_info_by_fd(program, &info, &size) == 0) missed += info.recursion_misses;
    }
    return missed;
}

namespace {

// One thread of one process changes it.
template <typename Change>
Status change_host(int map, Change change) {
    const std::uint32_t only = 0;
    KernelHost host{};
    if (bpf_map_lookup_elem(map, &only, &host) != 0) return base::fail_errno(errno, "reading the kernel's table of hosts");
    change(host);
    if (bpf_map_update_elem(map, &only, &host, BPF_EXIST) != 0)
        return base::fail_errno(errno, "writing the kernel's table of hosts");
    return {};
}

}  // namespace

Status Kernel::set_clock() const {
    return change_host(map(KernelMap::kHosts),
                       [](KernelHost& host) { host.wall_clock_offset = base::unix_time() - base::time_since_boot(); });
}

Status Kernel::set_recording(std::uint32_t number, bool recording) const {
    const std::uint64_t bit = std::uint64_t{1} << place_of(number);
    return change_host(map(KernelMap::kHosts), [&](KernelHost& host) {
        host.recording = recording ? host.recording | bit : host.recording & ~bit;
    });
}

Status Kernel::join(std::uint32_t number, pid_t child) const {
    constexpr const char* kWhat = "listing the descriptors that the command inherits";
    if (auto said = change_host(map(KernelMap::kHosts), [&](KernelHost& host) { host.joining = number; }); !said)
        return said;
    bpf_iter_link_info which{};
    which.task.pid = static_cast<__u32>(child);
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.iter_info = &which;
    options.iter_info_len = sizeof(which);
    const base::Fd link(bpf_link_create(iterator_, 0, BPF_TRACE_ITER, &options));
    if (!link) return base::fail_errno(errno, kWhat);
    const base::Fd iterator(bpf_iter_create(link.get()));
    if (!iterator) return base::fail_errno(errno, kWhat);
    std::array<char, 64> said{};
    bool joined = false;
    ssize_t got = 0;
    while ((got = read(iterator.get(), said.data(), said.size())) > 0 || (got < 0 && errno == EAGAIN))
        joined = joined || got > 0;
    if (got < 0) return base::fail_errno(errno, kWhat);
    if (!joined) return fail(ErrorKind::kSystem, "the command could not be made a member of the run");
    return {};
}

void Kernel::detach_beside() {
    if (object_ != nullptr && folder_.empty()) object_->detach_beside();
}

}  // namespace fstracker::capture
