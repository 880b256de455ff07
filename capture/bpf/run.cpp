// SPDX-License-Identifier: Apache-2.0
#include "capture/bpf/run.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "core/base/errno_error.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

namespace {

// As bpf/lib/maps.h has them.
struct KernelRunEntry {
    std::uint32_t active, next_process;
    std::uint64_t entered;
    std::uint32_t number, pad;
};
struct RunCounters {
    std::uint64_t sequence, pad;
    fst_counters kinds[FST_KINDS];
};

constexpr std::size_t kUsualRing = std::size_t{16} << 20;
// Of which half is used: then user space takes out the entries of processes that have ended.
constexpr std::uint32_t kFolds = 1U << 18;

constexpr const char* kRingPin = "/ring";
constexpr const char* kFoldsPin = "/folds";

std::uint32_t part_index(std::uint32_t number, std::uint32_t part) {
    return place_of(number) * FST_OBJECT_PARTS + part;
}

base::Fd make_objects(std::uint32_t entries) {
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = BPF_F_NO_PREALLOC;
    constexpr std::uint32_t kKey = 16;  // struct object_key
    return base::Fd(
        bpf_map_create(BPF_MAP_TYPE_HASH, "own_objects", kKey, sizeof(std::uint32_t), entries, &options));
}

Status give(int outer, std::uint32_t index, const base::Fd& inner, const char* what) {
    const int fd = inner.get();
    if (!inner || bpf_map_update_elem(outer, &index, &fd, BPF_ANY) != 0) {
        Error error = base::errno_error(errno, what);
        error.hint = "the kernel has no memory for the run's tables: raise the memory limit";
        return fail(std::move(error));
    }
    return {};
}

// Keys of io_uring requests that were begun by the run and not seen to their end.
std::vector<std::uint64_t> requests_of(const Kernel& kernel, std::uint32_t number) {
    const int map = kernel.map(KernelMap::kRequests);
    std::vector<std::uint64_t> keys, own;
    std::uint64_t key = 0;
    for (bool first = true; bpf_map_get_next_key(map, first ? nullptr : &key, &key) == 0; first = false)
        keys.push_back(key);
    if (keys.empty()) return own;
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(map, &info, &size) != 0) return keys;
    std::vector<std::byte> value(info.value_size);
    for (const std::uint64_t one : keys) {
        std::uint32_t run = 0;  // comes first
        if (bpf_map_lookup_elem(map, &one, value.data()) != 0) continue;
        std::memcpy(&run, value.data(), sizeof run);
        if (run == number) own.push_back(one);
    }
    return own;
}

std::size_t possible_cpus() { return static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)); }

}  // namespace

Result<std::unique_ptr<KernelRun>> KernelRun::begin(std::shared_ptr<Kernel> kernel, std::uint32_t number,
                                                    std::size_t ring_bytes) {
    std::unique_ptr<KernelRun> run(new KernelRun);
    const std::uint32_t place = place_of(number);
    const std::vector<RunCounters> zero(possible_cpus());
    if (bpf_map_update_elem(kernel->map(KernelMap::kCounters), &place, zero.data(), BPF_ANY) != 0)
        return base::fail_errno(errno, "clearing the run's counters");
    const std::size_t bytes = ring_bytes == 0 ? kUsualRing : ring_bytes;
    run->ring_ = base::Fd(
        bpf_map_create(BPF_MAP_TYPE_RINGBUF, "own_ring", 0, 0, static_cast<std::uint32_t>(bytes), nullptr));
    if (auto given = give(kernel->map(KernelMap::kRings), place, run->ring_, "the ring buffer"); !given)
        return fail(given.error());
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = BPF_F_NO_PREALLOC;
    run->folds_ = base::Fd(bpf_map_create(BPF_MAP_TYPE_HASH, "own_folds", sizeof(fst_fold_key), sizeof(fst_fold), kFolds,
                                          &options));
    if (auto given = give(kernel->map(KernelMap::kFolds), place, run->folds_, "the table of accesses"); !given)
        return fail(given.error());
    const base::Fd objects = make_objects(FST_OBJECTS);
    if (auto given = give(kernel->map(KernelMap::kObjects), part_index(number, 0), objects, "the table of objects");
        !given)
        return fail(given.error());
    run->object_parts_ = 1;
    const KernelRunEntry entry{1, 0, 0, number, 0};
    if (bpf_map_update_elem(kernel->map(KernelMap::kRuns), &place, &entry, BPF_ANY) != 0)
        return base::fail_errno(errno, "activating the run");
    if (auto told = kernel->set_recording(number, true); !told) return fail(told.error());
    run->number_ = number;
    run->kernel_ = std::move(kernel);
    return run;
}

Result<std::unique_ptr<KernelRun>> KernelRun::reopen(std::shared_ptr<Kernel> kernel, std::uint32_t number,
                                                     const std::string& folder) {
    std::unique_ptr<KernelRun> run(new KernelRun);
    run->ring_ = base::Fd(bpf_obj_get((folder + kRingPin).c_str()));
    if (!run->ring_) return base::fail_errno(errno, "cannot open " + folder + kRingPin);
    run->folds_ = base::Fd(bpf_obj_get((folder + kFoldsPin).c_str()));
    if (!run->folds_) return base::fail_errno(errno, "cannot open " + folder + kFoldsPin);
    const std::uint32_t place = place_of(number);
    KernelRunEntry entry{};
    if (bpf_map_lookup_elem(kernel->map(KernelMap::kRuns), &place, &entry) != 0 || entry.number != number)
        return fail(ErrorKind::kNotFound, "the kernel's table has another run in the place of " + folder);
    for (std::uint32_t id = 0; run->object_parts_ < FST_OBJECT_PARTS; ++run->object_parts_) {
        const std::uint32_t index = part_index(number, run->object_parts_);
        if (bpf_map_lookup_elem(kernel->map(KernelMap::kObjects), &index, &id) != 0) break;
    }
    run->number_ = number;
    run->kernel_ = std::move(kernel);
    return run;
}

Status KernelRun::pin(const std::string& folder) const {
    if (::mkdir(folder.c_str(), 0700) != 0) return base::fail_errno(errno, "cannot make " + folder);
    for (const auto& [map, name] : {std::pair(&ring_, kRingPin), std::pair(&folds_, kFoldsPin)}) {
        if (bpf_obj_pin(map->get(), (folder + name).c_str()) == 0) continue;
        const int error = errno;
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        return base::fail_errno(error, "cannot pin " + folder + name);
    }
    return {};
}

Status KernelRun::release(const Kernel& kernel, std::uint32_t number, const std::string& folder) {
    const std::uint32_t place = place_of(number);
    const KernelRunEntry nobody{};
    bpf_map_update_elem(kernel.map(KernelMap::kRuns), &place, &nobody, BPF_ANY);
    auto told = kernel.set_recording(number, false);
    bpf_map_delete_elem(kernel.map(KernelMap::kRings), &place);
    bpf_map_delete_elem(kernel.map(KernelMap::kFolds), &place);
    for (std::uint32_t part = 0; part < FST_OBJECT_PARTS; ++part) {
        const std::uint32_t index = part_index(number, part);
        bpf_map_delete_elem(kernel.map(KernelMap::kObjects), &index);
    }
    for (const std::uint64_t request : requests_of(kernel, number))
        bpf_map_delete_elem(kernel.map(KernelMap::kRequests), &request);
    std::error_code error;
    if (!folder.empty()) std::filesystem::remove_all(folder, error);
    if (error) return base::fail_errno(error.value(), "cannot remove " + folder);
    return told;
}

Result<bool> KernelRun::end() const {
    const int runs = kernel_->map(KernelMap::kRuns);
    const std::uint32_t place = place_of(number_);
    KernelRunEntry entry{};
    const bool known = bpf_map_lookup_elem(runs, &place, &entry) == 0 && entry.number == number_;
    const bool active = entry.active != 0;
    entry.active = 0;
    if (known && bpf_map_update_elem(runs, &place, &entry, BPF_EXIST) != 0)
        return base::fail_errno(errno, "ending the run");
    return known && active;
}

std::vector<event::Counters> KernelRun::counters() const {
    std::vector<RunCounters> each(possible_cpus());
    std::vector<event::Counters> kinds;
    const std::uint32_t place = place_of(number_);
    if (bpf_map_lookup_elem(kernel_->map(KernelMap::kCounters), &place, each.data()) != 0) return kinds;
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

std::vector<event::FoldTotal> KernelRun::folds(const std::function<bool(event::ProcessId)>& wanted,
                                               Entries entries) const {
    std::vector<event::FoldTotal> totals;
    constexpr std::uint32_t kBatch = 4096;
    std::vector<fst_fold_key> keys(kBatch);
    std::vector<fst_fold> values(kBatch);
    std::vector<fst_fold_key> done;
    std::uint32_t position = 0;
    for (bool first = true, more = true; more; first = false) {
        std::uint32_t count = kBatch;
        const int error = bpf_map_lookup_batch(folds_.get(), first ? nullptr : &position, &position, keys.data(),
                                               values.data(), &count, nullptr);
        if (error != 0 && errno != ENOENT) break;
        more = error == 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const fst_fold_key& key = keys[i];
            if (!wanted(key.process)) continue;
            if (entries == Entries::kTakeOut) done.push_back(key);
            if (values[i].count == 0) continue;
            totals.push_back(event::FoldTotal{key.process,
                                              {key.device, key.inode, key.generation},
                                              key.access,
                                              values[i].count,
                                              static_cast<std::int64_t>(values[i].last),
                                              key.name});
        }
    }
    for (const fst_fold_key& key : done) bpf_map_delete_elem(folds_.get(), &key);
    return totals;
}

bool KernelRun::has_unfollowed_requests() const { return !requests_of(*kernel_, number_).empty(); }

bool KernelRun::add_objects() {
    if (object_parts_ == FST_OBJECT_PARTS) return false;
    const base::Fd part = make_objects(FST_MORE_OBJECTS);
    static_cast<void>(give(kernel_->map(KernelMap::kObjects), part_index(number_, object_parts_), part, "more objects"));
    ++object_parts_;
    return true;
}

std::uint64_t KernelRun::objects_room() const {
    return FST_OBJECTS + std::uint64_t{object_parts_ - 1} * FST_MORE_OBJECTS;
}

}  // namespace fstracker::capture
