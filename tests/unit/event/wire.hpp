// SPDX-License-Identifier: Apache-2.0
// Wire records as the kernel side makes them, one sample of each kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fstracker/abi/event.h"

namespace fstracker::event::testing {

using Bytes = std::vector<std::byte>;

template <typename Record>
Bytes bytes_of(Record record, std::string_view tail = {}) {
    record.header.size = static_cast<fst_u32>(sizeof record + tail.size());
    Bytes bytes(record.header.size);
    std::memcpy(bytes.data(), &record, sizeof record);
    if (!tail.empty()) std::memcpy(bytes.data() + sizeof record, tail.data(), tail.size());
    return bytes;
}

// "train.py", "src": each with its NUL.
inline std::string strings(std::initializer_list<std::string_view> items) {
    std::string joined;
    for (const std::string_view item : items) joined.append(item).push_back('\0');
    return joined;
}

inline fst_header header_of(fst_kind kind, fst_u32 process = 3) {
    fst_header header{};
    header.kind = static_cast<fst_u16>(kind);
    header.run = 1;
    header.process = process;
    header.time = 5'000'000'000;
    header.sequence = 77;
    header.cpu = 1;
    header.tgid = 412;
    return header;
}

inline fst_object object_77() {
    fst_object object{};
    object.inode = 77;
    object.device = 8U << 20 | 1;
    object.generation = 3;
    object.size = 1048576;
    object.mtime = 1'700'000'000'000'000'000;
    object.ctime = 1'700'000'000'000'000'001;
    object.mode = 0100644;
    object.writers = 0;
    object.links = 1;
    object.magic = 0xEF53;
    return object;
}

inline fst_fork a_fork() {
    fst_fork fork{};
    fork.header = header_of(FST_FORK, 4);
    fork.parent = 3;
    fork.child_tgid = 413;
    fork.uid = 1000;
    return fork;
}

struct ExecParts {
    fst_exec record{};
    std::string path = strings({"python3.11", "bin", "usr"});
    std::string script_path;
    std::string filename = "/usr/bin/python3";
    std::string cwd = strings({"me", "home"});
    std::string argv = strings({"python3", "train.py", ""});

    [[nodiscard]] Bytes bytes() const {
        fst_exec exec = record;
        exec.path_size = static_cast<fst_u16>(path.size());
        exec.script_path_size = static_cast<fst_u16>(script_path.size());
        exec.filename_size = static_cast<fst_u16>(filename.size());
        exec.cwd_size = static_cast<fst_u16>(cwd.size());
        exec.argv_size = static_cast<fst_u16>(argv.size());
        return bytes_of(exec, path + script_path + filename + cwd + argv);
    }
};

inline ExecParts an_exec() {
    ExecParts exec;
    exec.record.header = header_of(FST_EXEC, 5);
    exec.record.object = object_77();
    exec.record.parent = 4;
    exec.record.uid = 1000;
    exec.record.gid = 1001;
    exec.record.argc = 3;
    return exec;
}

inline ExecParts a_script() {
    ExecParts exec = an_exec();
    exec.record.header.flags = FST_SCRIPT;
    exec.record.script = object_77();
    exec.record.script.inode = 78;
    exec.script_path = strings({"run.sh", "me", "home"});
    exec.filename = "./run.sh";
    exec.argv = strings({"/bin/sh", "./run.sh"});
    exec.record.argc = 2;
    return exec;
}

inline fst_exit an_exit() {
    fst_exit exit{};
    exit.header = header_of(FST_EXIT);
    exit.status = 3 << 8;
    exit.cpu_time = 1'200'000'000;
    exit.peak_memory = 50U << 20;
    exit.bytes_read = 4096;
    exit.bytes_written = 17;
    return exit;
}

inline Bytes an_access(std::string_view path = std::string_view("train.py\0src\0home\0", 18), fst_u16 flags = 0) {
    fst_access access{};
    access.header = header_of(FST_ACCESS);
    access.header.flags = flags;
    access.object = object_77();
    access.access = FST_READ | FST_LOAD;
    access.descriptor = 5;
    access.path_size = static_cast<fst_u16>(path.size());
    return bytes_of(access, path);
}

inline fst_name a_rename() {
    fst_name name{};
    name.header = header_of(FST_NAME);
    name.operation = FST_NAME_RENAME;
    name.touched_count = 2;
    name.touched[0] = object_77();
    name.touched[1] = object_77();
    name.touched[1].inode = 2;
    name.touched[1].mode = 0040755;
    name.base_size = 8;
    name.name_size = 9;
    name.second_name_size = 10;
    return name;
}
inline const std::string kRenameTail = strings({"me", "home"}) + "model.tmp" + "/srv/model";

inline fst_connect a_connect() {
    fst_connect connect{};
    connect.header = header_of(FST_CONNECT);
    connect.family = 2;
    connect.protocol = 6;
    connect.port = 443;
    connect.address[0] = 192;
    connect.address[2] = 2;
    connect.address[3] = 1;
    return connect;
}

inline Bytes a_local_connect() {
    const std::string given = "link";
    const std::string bound = "bus";
    const std::string place = strings({"bus", "1000", "user", "run"});
    fst_connect connect{};
    connect.header = header_of(FST_CONNECT);
    connect.family = 1;
    connect.path_size = static_cast<fst_u16>(given.size());
    connect.bound_size = static_cast<fst_u16>(bound.size());
    connect.place_size = static_cast<fst_u16>(place.size());
    return bytes_of(connect, given + bound + place);
}

inline Bytes a_writer() {
    fst_writer writer{};
    writer.header = header_of(FST_WRITER, 0);
    writer.object = object_77();
    std::memcpy(writer.command, "rsync", 5);
    const std::string path = strings({"train.csv", "data"});
    writer.path_size = static_cast<fst_u16>(path.size());
    return bytes_of(writer, path);
}

inline fst_blind_spot a_blind_spot() {
    fst_blind_spot blind{};
    blind.header = header_of(FST_BLIND);
    blind.what = FST_BLIND_IO_URING;
    blind.detail = 425;
    return blind;
}

inline std::vector<std::pair<std::string, Bytes>> samples() {
    return {{"fork", bytes_of(a_fork())},
            {"exec", an_exec().bytes()},
            {"exec-script", a_script().bytes()},
            {"exit", bytes_of(an_exit())},
            {"access", an_access()},
            {"access-cut", an_access(std::string_view("\xFF.bin\0de", 8), FST_PATH_TRUNCATED | FST_PATH_DELETED)},
            {"name", bytes_of(a_rename(), kRenameTail)},
            {"connect", bytes_of(a_connect())},
            {"connect-unix", a_local_connect()},
            {"writer", a_writer()},
            {"blind", bytes_of(a_blind_spot())}};
}

}  // namespace fstracker::event::testing
