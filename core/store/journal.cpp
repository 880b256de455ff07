// SPDX-License-Identifier: Apache-2.0
#include "core/store/journal.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::store {

namespace {

// Before each entry's bytes. An entry that a later one has overwritten in part does not check; one whose lines do not
// follow those of the entry before it is of the time before clear().
struct Head {
    std::uint64_t first;  // number of its first line
    std::uint32_t lines;
    std::uint32_t bytes;
    std::uint32_t check;  // CRC-32 over the fields above and the bytes
    std::uint32_t pad;
};
static_assert(sizeof(Head) == 24);

constexpr std::size_t kFirstSize = std::size_t{1} << 20;
constexpr std::size_t kAlign = 8;

std::size_t padded(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

std::uint32_t check_of(const Head& head, std::string_view bytes) {
    uLong sum = crc32(0, reinterpret_cast<const Bytef*>(&head), offsetof(Head, check));
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    return static_cast<std::uint32_t>(sum);
}

}  // namespace

struct Journal::State {
    ~State() {
        if (memory != nullptr) ::munmap(memory, size);
    }

    // The disk's room is taken before it is mapped: a page without room would end the process when it is touched.
    Status grow(std::size_t wanted) {
        std::size_t larger = std::max(size * 2, kFirstSize);
        while (larger < wanted) larger *= 2;
        if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(larger)); error != 0)
            return base::fail_errno(error, "cannot make room for " + path);
        void* moved = memory == nullptr
                          ? ::mmap(nullptr, larger, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0)
                          : ::mremap(memory, size, larger, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED) return base::fail_errno(errno, "cannot map " + path);
        memory = static_cast<char*>(moved);
        size = larger;
        return {};
    }

    std::string path;
    base::Fd file;
    char* memory = nullptr;
    std::size_t size = 0;
    std::size_t used = 0;
    std::uint64_t next = 0;
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path) {
    auto state = std::make_unique<State>();
    state->path = path;
    state->file.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!state->file) return base::fail_errno(errno, "cannot make " + path);
    if (auto grown = state->grow(kFirstSize); !grown) return fail(grown.error());
    return std::unique_ptr<Journal>(new Journal(std::move(state)));
}

Status Journal::append(std::string_view lines, std::uint64_t count) {
    State& s = *state_;
    const std::size_t end = s.used + sizeof(Head) + padded(lines.size());
    if (end + sizeof(Head) > s.size) {
        if (auto grown = s.grow(end + sizeof(Head)); !grown) return grown;
    }
    Head head{s.next, static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(lines.size()), 0, 0};
    head.check = check_of(head, lines);
    // What comes behind is no entry until it is written; then the bytes, and last the head that makes them one.
    std::memset(s.memory + end, 0, sizeof(Head));
    std::memcpy(s.memory + s.used + sizeof(Head), lines.data(), lines.size());
    std::memcpy(s.memory + s.used, &head, sizeof head);
    s.used = end;
    s.next += count;
    return {};
}

void Journal::clear(std::uint64_t next) {
    std::memset(state_->memory, 0, sizeof(Head));
    state_->used = 0;
    state_->next = next;
}

std::uint64_t Journal::bytes() const { return state_->used; }

Result<std::uint64_t> Journal::read(const std::string& path, std::uint64_t known,
                                    const std::function<Status(std::string_view)>& line) {
    const auto bytes = base::read_regular_file(path, std::size_t{4} << 30);
    if (!bytes && bytes.error().kind == ErrorKind::kNotFound) return 0;
    if (!bytes) return fail(bytes.error());
    std::uint64_t missing = 0;
    std::optional<std::uint64_t> next;
    for (std::size_t at = 0; at + sizeof(Head) <= bytes->size();) {
        Head head{};
        std::memcpy(&head, bytes->data() + at, sizeof head);
        at += sizeof head;
        if (head.lines == 0 || head.bytes > bytes->size() - at) break;
        std::string_view text(bytes->data() + at, head.bytes);
        if (head.check != check_of(head, text) || (next && head.first != *next)) break;
        if (!next && head.first > known) missing = head.first - known;
        next = head.first;
        for (; !text.empty(); ++*next) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            if (*next >= known) {
                if (auto done = line(text.substr(0, end)); !done) return fail(done.error());
            }
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        at += padded(head.bytes);
    }
    return missing;
}

}  // namespace fstracker::store
