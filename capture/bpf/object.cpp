// SPDX-License-Identifier: Apache-2.0
#include "capture/bpf/object.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "capture/backends.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/base/parts.hpp"

namespace fstracker::capture {

namespace {

// What libbpf complained of first, and what the verifier said last, for the error; libbpf prints nothing itself. It
// calls from the thread that loads.
thread_local std::string last_complaint;

// The line before the verifier's statistics is its reason.
std::string verifier_reason(const std::string& log) {
    const std::size_t end = log.find("\nprocessed ");
    if (end == std::string::npos || end == 0) return {};
    const std::size_t begin = log.rfind('\n', end - 1);
    return begin == std::string::npos ? std::string() : log.substr(begin + 1, end - begin - 1);
}

int keep_complaint(enum libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    char* raw = nullptr;
    const int size = vasprintf(&raw, format, arguments);
    if (size < 0) return 0;
    const std::string text(raw, static_cast<std::size_t>(size));
    std::free(raw);
    if (last_complaint.empty()) last_complaint = text.substr(0, text.find('\n'));
    if (text.find("BEGIN PROG LOAD LOG") != std::string::npos) {
        if (const std::string reason = verifier_reason(text); !reason.empty()) last_complaint += ": " + reason;
    }
    return 0;
}

Error refused(int error, const BpfSettings& settings) {
    Error result = base::errno_error(error, fmt::format("backend {}", settings.backend));
    if (!last_complaint.empty()) result.message += " (" + last_complaint + ")";
    if (error == EPERM || error == EACCES) {
        result.hint = geteuid() == 0
                          ? "the kernel refuses this program type here: try another backend (track doctor lists them)"
                          : "BPF needs root, or CAP_BPF and CAP_PERFMON: run as root";
    } else if (error == ENOSPC || error == ENOMEM) {
        result.hint = "the kernel has no memory for the maps: raise the memory limit";
    } else {
        result.hint = "track doctor says what each backend lacks on this host";
    }
    return result;
}

// Asks the kernel for the kind of program alone, with a target that cannot be right: a host that has forbidden the kind
// says so at once, and all others complain of the target. Loading the real ones to find out would cost 100 ms.
bool kind_forbidden(const std::string& backend) {
    const std::array<bpf_insn, 2> nothing{
        {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    const bool lsm = backend == "lsm";
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = lsm ? BPF_LSM_MAC : BPF_TRACE_FEXIT;
    options.attach_btf_id = 1;
    const base::Fd program(bpf_prog_load(lsm ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING, "probe", "GPL",
                                         nothing.data(), nothing.size(), &options));
    return !program && (errno == EPERM || errno == EACCES);
}

constexpr std::string_view kTracepoint = "tp_btf/";

// Tracepoints by their names in kernels before: {now, then}.
constexpr std::pair<std::string_view, std::string_view> kFormerName = {"io_uring_submit_req", "io_uring_submit_sqe"};

// Which tracepoints a kernel has, as its types say.
class KernelTypes {
  public:
    // Of nothing where `path` is empty.
    explicit KernelTypes(const std::string& path)
        : types_(path.empty() ? nullptr : btf__parse(path.c_str(), nullptr)) {}
    ~KernelTypes() { btf__free(types_); }
    KernelTypes(const KernelTypes&) = delete;
    KernelTypes& operator=(const KernelTypes&) = delete;

    // The program's section as this kernel names its tracepoint; empty where it has none.
    [[nodiscard]] std::string present(const std::string& section) const {
        const std::string name = section.substr(kTracepoint.size());
        if (has(name)) return section;
        if (name == kFormerName.first && has(std::string(kFormerName.second)))
            return std::string(kTracepoint) += kFormerName.second;
        return {};
    }

  private:
    [[nodiscard]] bool has(const std::string& tracepoint) const {
        return types_ != nullptr &&
               btf__find_by_name_kind(types_, ("btf_trace_" + tracepoint).c_str(), BTF_KIND_TYPEDEF) > 0;
    }

    btf* types_;
};

// BPF LSM programs load and attach, and are never called, where `bpf` is not among the active security modules.
Status lsm_is_active() {
    const auto modules = base::read_file("/sys/kernel/security/lsm", 4096);
    if (!modules) return fail(modules.error().within("backend lsm"));
    if (("," + *modules + ",").find(",bpf,") != std::string::npos || modules->ends_with("bpf\n")) return {};
    return fail(ErrorKind::kUnsupported, "backend lsm: bpf is not among the kernel's security modules",
                "add bpf to lsm= on the kernel's command line");
}

}  // namespace

Result<std::unique_ptr<BpfObject>> BpfObject::load(const BpfSettings& settings) {
    if (takes_objects_from_hooks(settings.backend) && kind_forbidden(settings.backend)) {
        last_complaint.clear();
        return fail(refused(EPERM, settings));
    }
    if (settings.backend == "lsm") {
        if (auto active = lsm_is_active(); !active) return fail(active.error());
    }
    // A tracepoint that this kernel does not have (the change-time ones came with 6.13) is a blind spot, not a failure.
    // Most have them all, and asking takes long.
    auto object = load(settings, Optional::kAll);
    if (object || object.error().kind == ErrorKind::kPermission) return object;
    object = load(settings, Optional::kThoseInTheTypes);
    if (object) return object;
    return load(settings, Optional::kNone);
}

Result<std::unique_ptr<BpfObject>> BpfObject::load(const BpfSettings& settings, Optional optional) {
    libbpf_set_print(keep_complaint);
    last_complaint.clear();
    const std::string types = settings.btf.empty() ? "/sys/kernel/btf/vmlinux" : settings.btf;
    if (access(types.c_str(), R_OK) != 0)
        return fail(ErrorKind::kUnsupported,
                    fmt::format("the kernel's type information {}: {}", types, std::strerror(errno)),
                    "tracing needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");

    std::unique_ptr<BpfObject> object(new BpfObject);
    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.btf_custom_path = settings.btf.empty() ? nullptr : settings.btf.c_str();
    object->skeleton_ = fstracker_bpf__open_opts(&options);
    if (object->skeleton_ == nullptr) return fail(refused(errno, settings));
    fstracker_bpf* skeleton = object->skeleton_;

    skeleton->rodata->objects_from_hooks = takes_objects_from_hooks(settings.backend);
    const int cpus = libbpf_num_possible_cpus();
    bpf_map__set_max_entries(skeleton->maps.scratches, static_cast<__u32>(std::max(cpus, 1)));

    const KernelTypes kernel_types(optional == Optional::kThoseInTheTypes ? types : std::string());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) {
        std::string section = bpf_program__section_name(program);
        const std::string_view name = bpf_program__name(program);
        const bool run_by_us = section.starts_with("iter/") || section == "syscall";
        bool wanted = run_by_us || backend_wants(settings.backend, name);
        if (wanted && is_optional(name)) {
            if (optional == Optional::kThoseInTheTypes) section = kernel_types.present(section);
            wanted = optional != Optional::kNone && !section.empty();
        }
        bpf_program__set_autoload(program, wanted);
        if (!wanted || run_by_us) continue;
        if (section != bpf_program__section_name(program))
            bpf_program__set_attach_target(program, 0, section.substr(kTracepoint.size()).c_str());
        object->attached_.push_back(program);
        object->hooks_.push_back(section);
    }
    skeleton->rodata->requests_are_seen = follows_requests(object->hooks_);
    if (const int error = fstracker_bpf__load(skeleton); error != 0) return fail(refused(-error, settings));
    // Where the kernel does not say (kptr_restrict), a script's name is known and its file is not: a blind spot.
    LIBBPF_OPTS(bpf_test_run_opts, once);
    bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.symbol__find_deferred_fput), &once);
    return object;
}

std::vector<int> BpfObject::programs() const {
    std::vector<int> descriptors;
    for (const bpf_program* program : attached_) descriptors.push_back(bpf_program__fd(program));
    return descriptors;
}

Status BpfObject::attach() {
    for (bpf_program* program : attached_) {
        bpf_link* link = bpf_program__attach(program);
        if (link == nullptr) {
            const int error = errno;
            detach();
            return fail(base::errno_error(error, fmt::format("attaching {}", bpf_program__section_name(program))));
        }
        links_.push_back(link);
    }
    return {};
}

void BpfObject::detach() {
    for (bpf_link* link : links_) bpf_link__destroy(link);
    links_.clear();
}

void BpfObject::detach_beside() {
    detacher_ = std::async(base::kBesideOrLater, [this] { detach(); });
}

BpfObject::~BpfObject() {
    if (detacher_.valid()) detacher_.get();
    detach();
    if (skeleton_ != nullptr) fstracker_bpf__destroy(skeleton_);
}

}  // namespace fstracker::capture
