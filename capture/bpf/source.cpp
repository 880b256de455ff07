// SPDX-License-Identifier: Apache-2.0
#include "capture/bpf/source.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <bpf/libbpf.h>

#include "capture/backends.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/parts.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

namespace {

constexpr std::uint32_t kOnlyRun = 1;  // of this process

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
    const std::size_t ring_bytes = settings.ring_bytes;
    auto kernel = Kernel::load(std::move(settings));
    if (!kernel) return fail(kernel.error());
    auto run = KernelRun::begin(std::move(*kernel), kOnlyRun, ring_bytes);
    if (!run) return fail(run.error());
    auto source = attach(std::move(*run), 0);
    if (source) (*source)->started_ = false;
    return source;
}

Result<std::unique_ptr<BpfSource>> BpfSource::attach(std::unique_ptr<KernelRun> run, std::uint64_t missed_before) {
    std::unique_ptr<BpfSource> source(new BpfSource);
    source->run_ = std::move(run);
    source->started_ = true;
    source->missed_before_ = missed_before;
    source->info_.backend = source->run_->kernel().backend();
    source->info_.hooks = source->run_->kernel().hooks();
    source->info_.blind_spots = backend_blind_spots(source->info_.backend, source->info_.hooks);
    source->ring_ = ring_buffer__new(source->run_->ring(), on_record, &source->sink_, nullptr);
    if (source->ring_ == nullptr) return base::fail_errno(errno, "the ring buffer");
    return source;
}

BpfSource::~BpfSource() {
    if (ring_ != nullptr) ring_buffer__free(ring_);
}

Status BpfSource::start(pid_t child) {
    if (started_) return {};
    started_ = true;
    return run_->kernel().join(run_->number(), child);
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
        if (records_ + kObjectsMargin >= run_->objects_room()) run_->add_objects();
        sink(record);
    };
    wake_.wait_with(ring_buffer__epoll_fd(ring_), milliseconds);
    if (auto read = consume(counting); !read) return fail(read.error());
    accesses_since_harvest_ += count;
    return count;
}

std::vector<event::FoldTotal> BpfSource::harvest(const std::function<bool(event::ProcessId)>& ended) {
    if (accesses_since_harvest_ < kHarvestAt) return {};
    accesses_since_harvest_ = 0;
    return run_->folds(ended, KernelRun::Entries::kTakeOut);
}

// Programs that read the run as active may still be at it: they run inside RCU read-side sections, which membarrier
// waits out. That takes a while, in which the recorder has other work.
Status BpfSource::end(const Sink& sink) {
    const auto active = run_->end();
    if (!active) return fail(active.error());
    quiet_ = std::async(base::kBesideOrLater, [] { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); });
    if (auto read = consume(sink); !read) return read;
    if (!*active && !may_have_ended_)
        return fail(ErrorKind::kSystem,
                    "somebody else ended the run in the kernel's table: what came after is not known",
                    "did the step have root's power over BPF?");
    return {};
}

Result<SourceTotals> BpfSource::stop(const Sink& sink) {
    if (quiet_.valid()) quiet_.get();
    run_->kernel().detach_beside();
    if (auto read = consume(sink); !read) return fail(read.error());
    SourceTotals totals;
    totals.kernel = run_->counters();
    totals.folds = run_->folds([](event::ProcessId) { return true; }, KernelRun::Entries::kLeave);
    totals.missed = run_->kernel().missed() - missed_before_;
    totals.unfollowed_requests = run_->has_unfollowed_requests();
    return totals;
}

}  // namespace fstracker::capture
