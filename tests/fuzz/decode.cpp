// SPDX-License-Identifier: Apache-2.0
// Any bytes as a wire record: what decodes must be logged and come back equal. A second reading with the header's size,
// run and flags put right gets the fuzzer past the first checks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/event/decode.hpp"
#include "core/event/log.hpp"
#include "core/event/redact.hpp"
#include "fstracker/abi/event.h"

namespace {

using namespace fstracker::event;

void check(std::span<const std::byte> record) {
    auto event = decode(record, {1'700'000'000'000'000'000});
    if (!event) return;
    if (auto* exec = std::get_if<Exec>(&*event))
        redact(exec->arguments, exec->arguments_truncated ? Ending::kCut : Ending::kWhole);
    std::string line;
    append_line(line, *event);
    const auto parsed = parse_line(line);
    if (!parsed || *parsed != *event) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check(std::as_bytes(std::span(data, size)));
    if (size < sizeof(fst_header)) return 0;
    fst_header header{};
    std::memcpy(&header, data, sizeof header);
    header.size = static_cast<fst_u32>(size);
    header.kind = static_cast<fst_u16>(1 + header.kind % (FST_KINDS - 1));
    header.flags &= 127;
    header.run |= 1;
    header.time >>= 2;
    if (header.kind == FST_WRITER) header.process = 0;
    std::vector<std::byte> record(size);
    std::memcpy(record.data(), data, size);
    std::memcpy(record.data(), &header, sizeof header);
    check(record);
    return 0;
}
