// SPDX-License-Identifier: Apache-2.0
#include "capture/bpf_source.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "capture/backends.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/base/parts.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

namespace {

constexpr std::uint32_t kRun = 1;  // the only run of this process

// As bpf/lib/maps.h has them.
struct KernelRun {
    std::uint32_t active, next_process;
    std::uint64_t entered;
};
struct RunCounters {
    std::uint64_t sequence, pad;
    fst_counters kinds[FST_KINDS];
};

// Entries in the fold table past which those of ended processes are taken out. Half of what it holds.
constexpr std::size_t kHarvestAt = std::size_t{1} << 17;

// The table of watched objects grows this many accesses before it could be full: more than the ring buffer holds.
constexpr std::uint64_t kObjectsMargin = FST_OBJECTS / 2;

int on_record(void* context, void* data, std::size_t size) {
    const Source::Sink* sink = *static_cast<const Source::Sink**>(context);
    (*sink)(std::span(static_cast<const std::byte*>(data), size));
    return 0;
}

}  // namespace

Result<std::unique_ptr<BpfSource>> BpfSource::open(BpfSettings settings) {
    std::vector<std::string> candidates{settings.backend};
    if (settings.backend == "auto") candidates.assign(bpf_backend_names().begin(), bpf_backend_names().end());
    Error refused;
    for (const std::string& name : candidates) {
        settings.backend = name;
        auto object = BpfObject::load(settings);
        if (object) {
            if (auto attached = (*object)->attach(); !attached) {
                refused = attached.error();
                continue;
            }
            std::unique_ptr<BpfSource> source(new BpfSource);
            source->object_ = std::move(*object);
            source->info_.backend = name;
            source->info_.hooks = source->object_->hooks();
            source->info_.blind_spots = backend_blind_spots(name, source->info_.hooks);
            source->ring_ =
                ring_buffer__new(bpf_map__fd(source->object_->get()->maps.ring), on_record, &source->sink_, nullptr);
            if (source->ring_ == nullptr) return base::fail_errno(errno, "the ring buffer");
            return source;
        }
        refused = object.error();
    }
    return fail(refused);
}

BpfSource::~BpfSource() {
    if (ring_ != nullptr) ring_buffer__free(ring_);
}

Status BpfSource::start(pid_t child) {
    const auto& maps = object_->get()->maps;
    const KernelRun run{1, 0, 0};
    if (bpf_map_update_elem(bpf_map__fd(maps.runs), &kRun, &run, BPF_ANY) != 0)
        return base::fail_errno(errno, "activating the run");
    object_->get()->bss->joining = kRun;
    return join(child);
}

Status BpfSource::join(pid_t child) {
    bpf_iter_link_info which{};
    which.task.pid = static_cast<__u32>(child);
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    options.link_info = &which;
    options.link_info_len = sizeof(which);
    bpf_link* link = bpf_program__attach_iter(object_->get()->progs.inherited__descriptor, &options);
    if (link == nullptr) return base::fail_errno(errno, "listing the descriptors that the command inherits");
    const base::Fd iterator(bpf_iter_create(bpf_link__fd(link)));
    const int error = errno;
    bpf_link__destroy(link);
    if (!iterator) return base::fail_errno(error, "listing the descriptors that the command inherits");
    std::array<char, 64> said{};
    bool joined = false;
    ssize_t got = 0;
    while ((got = read(iterator.get(), said.data(), said.size())) > 0 || (got < 0 && errno == EAGAIN))
        joined = joined || got > 0;
    if (got < 0) return base::fail_errno(errno, "listing the descriptors that the command inherits");
    if (!joined) return fail(ErrorKind::kSystem, "the command could not be made a member of the run");
    return {};
}

Status BpfSource::consume(const Sink& sink) {
    sink_ = &sink;
    const int got = ring_buffer__consume(ring_);
    sink_ = nullptr;
    if (got < 0 && got != -EINTR) return base::fail_errno(-got, "reading the ring buffer");
    return {};
}

Result<std::size_t> BpfSource::poll(int milliseconds, const Sink& sink) {
    std::size_t count = 0;
    const Sink counting = [&](std::span<const std::byte> record) {
        ++count;
        ++records_;
        make_room_for_objects();
        sink(record);
    };
    wake_.wait_with(ring_buffer__epoll_fd(ring_), milliseconds);
    if (auto read = consume(counting); !read) return fail(read.error());
    accesses_since_harvest_ += count;
    return count;
}

// Where there is no memory for a part, the kernel side says of each object beyond that it is not watched.
void BpfSource::make_room_for_objects() {
    const std::uint64_t room = FST_OBJECTS + std::uint64_t{object_parts_} * FST_MORE_OBJECTS;
    if (records_ + kObjectsMargin < room || object_parts_ == FST_OBJECT_PARTS) return;
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = BPF_F_NO_PREALLOC;
    const auto& maps = object_->get()->maps;
    const base::Fd part(bpf_map_create(BPF_MAP_TYPE_HASH, "more_objects", bpf_map__key_size(maps.objects),
                                       bpf_map__value_size(maps.objects), FST_MORE_OBJECTS, &options));
    const int fd = part.get();
    if (part) bpf_map_update_elem(bpf_map__fd(maps.object_parts), &object_parts_, &fd, BPF_ANY);
    ++object_parts_;
}

std::vector<event::FoldTotal> BpfSource::harvest(const std::function<bool(event::ProcessId)>& ended) {
    if (accesses_since_harvest_ < kHarvestAt) return {};
    accesses_since_harvest_ = 0;
    return take_folds(ended, Table::kGoesOn);
}

std::vector<event::FoldTotal> BpfSource::take_folds(const std::function<bool(event::ProcessId)>& wanted, Table table) {
    std::vector<event::FoldTotal> totals;
    const int map = bpf_map__fd(object_->get()->maps.folds);
    constexpr std::uint32_t kBatch = 4096;
    std::vector<fst_fold_key> keys(kBatch);
    std::vector<fst_fold> values(kBatch);
    std::vector<fst_fold_key> done;
    std::uint32_t position = 0;
    for (bool first = true, more = true; more; first = false) {
        std::uint32_t count = kBatch;
        const int error = bpf_map_lookup_batch(map, first ? nullptr : &position, &position, keys.data(), values.data(),
                                               &count, nullptr);
        if (error != 0 && errno != ENOENT) break;
        more = error == 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const fst_fold_key& key = keys[i];
            if (!wanted(key.process)) continue;
            if (table == Table::kGoesOn) done.push_back(key);
            if (values[i].count == 0) continue;
            totals.push_back(event::FoldTotal{key.process,
                                              {key.device, key.inode, key.generation},
                                              key.access,
                                              values[i].count,
                                              static_cast<std::int64_t>(values[i].last),
                                              key.name});
        }
    }
    for (const fst_fold_key& key : done) bpf_map_delete_elem(map, &key);
    return totals;
}

std::vector<event::Counters> BpfSource::counters() const {
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    std::vector<RunCounters> each(cpus);
    std::vector<event::Counters> kinds;
    if (bpf_map_lookup_elem(bpf_map__fd(object_->get()->maps.counters), &kRun, each.data()) != 0) return kinds;
    for (std::size_t kind = 1; kind < FST_KINDS; ++kind) {
        event::Counters sum;
        sum.kind = event::kKindNames[kind];
        for (const RunCounters& cpu : each) {
            const fst_counters& c = cpu.kinds[kind];
            sum.seen += c.seen;
            sum.folded += c.folded;
            sum.delivered += c.delivered;
            sum.truncated += c.truncated;
            sum.unreadable += c.unreadable;
            for (std::size_t reason = 0; reason < FST_LOSSES; ++reason) {
                if (c.lost[reason] != 0) sum.lost[event::kLossNames[reason]] += c.lost[reason];
            }
        }
        kinds.push_back(std::move(sum));
    }
    return kinds;
}

std::uint64_t BpfSource::missed() const {
    std::uint64_t missed = 0;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object_->get()->obj) {
        if (bpf_program__fd(program) < 0) continue;
        bpf_prog_info info{};
        __u32 size = sizeof(info);
        if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) missed += info.recursion_misses;
    }
    return missed;
}

bool BpfSource::has_unfollowed_requests() const {
    std::uint64_t request = 0;
    return bpf_map_get_next_key(bpf_map__fd(object_->get()->maps.requests), nullptr, &request) == 0;
}

// Programs that read the run as active may still be at it: they run inside RCU read-side sections, which membarrier
// waits out. That takes a while, in which the recorder has other work.
Status BpfSource::end(const Sink& sink) {
    const auto& maps = object_->get()->maps;
    KernelRun run{};
    const bool known = bpf_map_lookup_elem(bpf_map__fd(maps.runs), &kRun, &run) == 0;
    const bool active = run.active != 0;
    run.active = 0;
    if (known && bpf_map_update_elem(bpf_map__fd(maps.runs), &kRun, &run, BPF_EXIST) != 0)
        return base::fail_errno(errno, "ending the run");
    quiet_ = std::async(base::kBesideOrLater, [] { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); });
    if (auto read = consume(sink); !read) return read;
    if (!known || !active)
        return fail(ErrorKind::kSystem,
                    "somebody else ended the run in the kernel's table: what came after is not known",
                    "did the step have root's power over BPF?");
    return {};
}

Result<SourceTotals> BpfSource::stop(const Sink& sink) {
    if (quiet_.valid()) quiet_.get();
    object_->detach_beside();
    if (auto read = consume(sink); !read) return fail(read.error());
    SourceTotals totals;
    totals.kernel = counters();
    totals.folds = take_folds([](event::ProcessId) { return true; }, Table::kIsDone);
    totals.missed = missed();
    totals.unfollowed_requests = has_unfollowed_requests();
    return totals;
}

}  // namespace fstracker::capture
