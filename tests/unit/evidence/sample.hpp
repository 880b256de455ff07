// SPDX-License-Identifier: Apache-2.0
// A record that uses every field of evidence, the awkward values among them.
#pragma once

#include <string>

#include "core/evidence/trace.hpp"
#include "core/run/record.hpp"

namespace fstracker::evidence::sample {

inline event::Sha256 digest_of(std::uint8_t seed) {
    event::Sha256 digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(seed + i);
    return digest;
}

inline constexpr std::int64_t kStart = 1'790'000'000'000'000'001;

inline run::FileEntry file(const std::string& path, std::uint8_t seed = 1) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.object = {8U << 20 | 1U, 77U + seed, 3};
    entry.mode = 0100644;
    entry.access = event::kRead;
    entry.binding = run::Binding::kStable;
    entry.digest = digest_of(seed);
    entry.size = 1'048'576;
    entry.opens = 3;
    entry.processes = {1, 2};
    entry.first_access = kStart + 5;
    entry.last_access = kStart + 500;
    entry.role = "data";
    return entry;
}

inline run::FileEntry output(const std::string& path, std::uint8_t seed = 2) {
    run::FileEntry entry = file(path, seed);
    entry.access = event::kWrite | event::kCreate | event::kTruncate;
    entry.binding = run::Binding::kOwn;
    entry.output = true;
    entry.role = "model";
    return entry;
}

inline std::vector<run::FileEntry> awkward_files() {
    std::vector<run::FileEntry> files;
    files.push_back(file("/data/a b%20\xFF\xC3\xA9\n\"\\.csv"));
    files.push_back(output("/models/m.safetensors"));
    files.back().format = "safetensors";
    files.back().imports = {"os.system", "torch._utils._rebuild_tensor_v2"};
    files.back().unreadable = "its header is \"odd\"";
    files.back().owner = "pkg:huggingface/a/b@c0ffee";
    files.back().owner_verified = false;
    files.back().host_path = "/var/lib/overlay/\xFE%/m";
    run::FileEntry cut = file("deep/tail", 4);
    cut.path.truncated = true;
    cut.binding = run::Binding::kNone;
    cut.reason = event::Refusal::kTooLarge;
    cut.digest.reset();
    cut.access = event::kAccessMask;
    files.push_back(cut);
    run::FileEntry lost = file("memfd-like/relative", 5);
    lost.path.detached = true;
    lost.object = {};
    lost.processes.clear();
    lost.role.clear();
    files.push_back(lost);
    run::FileEntry gone = file("/tmp/x (deleted)", 6);
    gone.path.deleted = true;
    gone.binding = run::Binding::kContended;
    files.push_back(gone);
    run::FileEntry sealed = file("/usr/lib/lib\xE2\x82\xAC.so", 7);
    sealed.binding = run::Binding::kKernel;
    sealed.verity_digest = "sha256:" + std::string(64, 'a');
    sealed.host_path = "/host/lib.so";
    sealed.access = event::kLoad | event::kRead;
    sealed.size = INT64_MAX;
    files.push_back(sealed);
    run::FileEntry device = file("/dev/null", 8);
    device.mode = 020666;
    device.binding = run::Binding::kNone;
    device.reason = event::Refusal::kNotRegular;
    device.digest.reset();
    device.role = "device";
    files.push_back(device);
    return files;
}

inline std::vector<run::Process> awkward_processes() {
    run::Process first;
    first.id = 1;
    first.pid = 412;
    first.executable = run::FileReference{{"/usr/bin/python3"}, {8U << 20 | 1U, 9, 0}, digest_of(30)};
    first.script = run::FileReference{{"/work/\xFFtrain.py"}, {8U << 20 | 1U, 10, 0}, std::nullopt};
    first.arguments = {"python3", "train.py", "--format=%d", "", std::string("a\0b", 3), "\x1B[2J\x7F"};
    first.directory.bytes = "/work";
    first.uid = 1000;
    first.started = kStart;
    first.finished = kStart + 1000;
    first.status = 3 << 8;
    first.resources = run::Resources{1'234'567'891, INT64_MAX, 5, 6};
    run::Process second;
    second.id = 2;
    second.parent = 1;
    second.pid = 413;
    second.arguments = {"\xFF%25", "%", "caf\xC3\xA9"};
    second.arguments_truncated = true;
    second.directory = {"tail/\xFF", true, true, true};
    second.started = kStart + 7;
    second.status = 11 | 0x80;
    second.resources = run::Resources{9'000'000'000'000'000'123ULL, 0, 0, 0};
    run::Process third;
    third.id = 3;
    third.parent = 1;
    third.pid = 414;
    third.started = kStart + 8;
    third.status = 0x137F;
    run::Process fourth;
    fourth.id = UINT32_MAX;
    fourth.parent = 3;
    fourth.pid = 414;
    fourth.started = -1;
    fourth.directory.bytes = "relative";
    return {first, second, third, fourth};
}

inline run::Record record() {
    run::Record record;
    record.info.id = "20261122T193810123Z-5f0c5f0c5f0c5f0c";
    record.info.pipeline = "fraud-model";
    record.info.step = "train";
    record.info.host = "urn:uuid:4f0c";
    record.info.backend = "lsm";
    record.info.hooks = {"file_open", "bprm_check_security"};
    record.info.digest_mode = "full";
    record.info.version = "0.1.0";
    record.info.kernel = "6.1.0-18-amd64";
    record.info.configuration = {{"/work/.fstracker.yaml", std::string(64, 'b')},
                                 {"/etc/\xFF rule", std::string(64, 'c')}};
    record.info.started = kStart;
    record.info.finished = kStart + 2000;
    record.info.status = 9;
    record.processes = awkward_processes();
    record.files = awkward_files();
    record.connections = {{"192.0.2.1", "example.org", 443, "tcp", 1, 2},
                          {"2001:db8::1", "", 53, "udp", 2, 1},
                          {"192.0.2.2", "", 0, "ip-1", 2, 1},
                          {std::string("@abs\0\xFF%", 7), "", 0, "unix", 2, 9},
                          {"/run/s.sock", "", 0, "unix", 2, 1}};
    run::Completeness& completeness = record.completeness;
    completeness.complete = true;
    completeness.reasons = {};
    completeness.unhashed = 1;
    completeness.truncated = 2;
    completeness.blind_spots = {"io_uring requests are not seen", "long path"};
    completeness.entered_blind_spots = {"long path"};
    completeness.entered_by = {{"long path", {1, 2}}};
    completeness.ledger.kernel["access"] = {"access", 10, 4, 6, {}, 1, 0};
    completeness.ledger.kernel["fork"] = {"fork", 3, 0, 3, {}, 0, 0};
    completeness.ledger.user = {9, 9, 0, 0, 0};
    completeness.ledger.digests = {7, 6, {{"gone", 1}}};
    return record;
}

inline std::vector<Subject> logs() { return {{"events.ndjson.zst", "", digest_of(99)}}; }

}  // namespace fstracker::evidence::sample
