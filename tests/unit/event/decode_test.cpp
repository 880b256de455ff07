// SPDX-License-Identifier: Apache-2.0
#include "core/event/decode.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <limits>
#include <random>
#include <string>

#include "tests/unit/event/wire.hpp"

namespace {

using namespace fstracker::event;
using namespace fstracker::event::testing;
using namespace std::string_literals;

template <typename Kind>
Kind decoded(const Bytes& bytes) {
    const auto event = decode(bytes, {1000});
    if (!event) FAIL(event.error().message);
    REQUIRE(std::holds_alternative<Kind>(*event));
    return std::get<Kind>(*event);
}

std::string refusal(const Bytes& bytes) {
    const auto event = decode(bytes, {1000});
    REQUIRE_FALSE(event);
    CHECK(event.error().kind == fstracker::ErrorKind::kInvalid);
    CHECK_FALSE(event.error().hint.empty());
    return event.error().message;
}

void check_refused(const Bytes& bytes, const std::string& why) {
    const std::string message = refusal(bytes);
    CAPTURE(message);
    CHECK(message.find(why) != std::string::npos);
}

Path path_of(std::string_view components, fst_u16 flags = 0) {
    return decoded<FileAccess>(an_access(components, flags)).path;
}

TEST_CASE("a path comes from leaf to root and is read from root to leaf") {
    CHECK(path_of("train.py\0src\0home\0"s) == Path{"/home/src/train.py"});
    CHECK(path_of(""s) == Path{"/"});
    CHECK(path_of("a\0"s) == Path{"/a"});
    CHECK(path_of("memfd:x\0"s) == Path{"/memfd:x"});
    CHECK(path_of("\xFF\n\"\0b\0"s) == Path{"/b/\xFF\n\""});
    CHECK(path_of("c\0b\0"s, FST_PATH_TRUNCATED) == Path{"b/c", true});
    CHECK(path_of("c\0b"s, FST_PATH_TRUNCATED) == Path{"b/c", true});
    CHECK(path_of("c"s, FST_PATH_TRUNCATED) == Path{"c", true});
    CHECK(path_of(""s, FST_PATH_TRUNCATED) == Path{"", true});
    CHECK(path_of("c\0b\0"s, FST_PATH_DETACHED) == Path{"/b/c", false, true});
    CHECK(path_of("c\0b\0"s, FST_PATH_DELETED) == Path{"/b/c", false, false, true});
    std::string deep;
    std::string expected;
    for (int i = 0; i < 400; ++i) {
        deep = "d\0"s + deep;
        expected += "/d";
    }
    CHECK(path_of(deep).bytes == expected);
}

TEST_CASE("a path that no file can have is refused") {
    check_refused(an_access("a/b\0"s), "path");
    check_refused(an_access("a"s), "path");
    check_refused(an_access("\0"s), "path");
    check_refused(an_access("a\0\0b\0"s), "path");
    check_refused(an_access("\0"s, FST_PATH_TRUNCATED), "path");
}

TEST_CASE("an access has its object, its stamp and its time since the epoch") {
    const auto access = decoded<FileAccess>(an_access());
    CHECK(access.common == Common{3, 412, 5'000'001'000, 1, 77, 0});
    CHECK(access.access == (kRead | kLoad));
    CHECK(access.descriptor == 5);
    CHECK(to_text(access.object.id) == "8:1/77/3");
    CHECK(access.object.stamp == Stamp{1048576, 1'700'000'000'000'000'000, 1'700'000'000'000'000'001});
    CHECK(access.object.regular());
    CHECK(access.object.magic == 0xEF53);
}

TEST_CASE("a fork is of the child") {
    const auto fork = decoded<Fork>(bytes_of(a_fork()));
    CHECK(fork.common.process == 4);
    CHECK(fork.common.pid == 413);
    CHECK(fork.parent == 3);
    CHECK(fork.uid == 1000);
}

TEST_CASE("an execution has its program, arguments and directory") {
    const auto exec = decoded<Exec>(an_exec().bytes());
    CHECK(exec.path == Path{"/usr/bin/python3.11"});
    CHECK(exec.filename == "/usr/bin/python3");
    CHECK(exec.directory == Path{"/home/me"});
    CHECK(exec.arguments == std::vector<std::string>{"python3", "train.py", ""});
    CHECK(exec.argument_count == 3);
    CHECK_FALSE(exec.arguments_truncated);
    CHECK_FALSE(exec.is_script);
    CHECK_FALSE(exec.script);
    CHECK(exec.script_path == Path{});
    CHECK(exec.uid == 1000);
    CHECK(exec.gid == 1001);
    CHECK(exec.parent == 4);
}

TEST_CASE("a script is a script only when the kernel took it as one") {
    const auto exec = decoded<Exec>(a_script().bytes());
    CHECK(exec.is_script);
    REQUIRE(exec.script);
    CHECK(exec.script->id.inode == 78);
    CHECK(exec.script_path == Path{"/home/me/run.sh"});

    ExecParts named = a_script();
    named.record.script = {};
    named.script_path.clear();
    CHECK(decoded<Exec>(named.bytes()).is_script);
    CHECK_FALSE(decoded<Exec>(named.bytes()).script);

    ExecParts unflagged = a_script();
    unflagged.record.header.flags = 0;
    check_refused(unflagged.bytes(), "script");
}

TEST_CASE("flags of the directory and the script are their own") {
    ExecParts exec = a_script();
    exec.record.cwd_flags = FST_PATH_DELETED;
    exec.record.script_flags = FST_PATH_TRUNCATED;
    const auto event = decoded<Exec>(exec.bytes());
    CHECK(event.directory == Path{"/home/me", false, false, true});
    CHECK(event.script_path == Path{"home/me/run.sh", true});
    CHECK(event.path == Path{"/usr/bin/python3.11"});
}

TEST_CASE("an argument vector that was cut says so, another must be whole") {
    ExecParts exec = an_exec();
    exec.argv = "python3\0tra"s;
    check_refused(exec.bytes(), "argument");
    exec.record.header.flags = FST_ARGV_TRUNCATED;
    const auto event = decoded<Exec>(exec.bytes());
    CHECK(event.arguments == std::vector<std::string>{"python3", "tra"});
    CHECK(event.argument_count == 3);
    CHECK(event.arguments_truncated);
    exec.record.argc = 1;
    check_refused(exec.bytes(), "2 arguments where 1");
    exec = an_exec();
    exec.record.argc = 4;
    check_refused(exec.bytes(), "3 arguments where 4");
    exec.record.header.flags = FST_STRING_UNREADABLE;
    exec.argv.clear();
    CHECK(decoded<Exec>(exec.bytes()).arguments_truncated);
}

TEST_CASE("an exit has what the process used") {
    CHECK(decoded<Exit>(bytes_of(an_exit())) ==
          Exit{{3, 412, 5'000'001'000, 1, 77, 0}, 3 << 8, 1'200'000'000, 50U << 20, 4096, 17});
}

TEST_CASE("a change of names has what was touched and what was said") {
    const auto change = decoded<NameChange>(bytes_of(a_rename(), kRenameTail));
    CHECK(change.operation == NameOperation::kRename);
    REQUIRE(change.touched.size() == 2);
    CHECK(change.touched[1].directory());
    CHECK(change.base == Path{"/home/me"});
    CHECK(change.name == "model.tmp");
    CHECK(change.second_base == Path{});
    CHECK(change.second_name == "/srv/model");

    fst_name many = a_rename();
    many.touched_count = 9;
    const auto more = decoded<NameChange>(bytes_of(many, kRenameTail));
    CHECK(more.touched_count == 9);
    CHECK(more.touched.size() == FST_TOUCHED_MAX);

    fst_name at_root = a_rename();
    at_root.base_size = at_root.second_name_size = 0;
    at_root.name_size = 5;
    const auto root = decoded<NameChange>(bytes_of(at_root, "a/b/c"));
    CHECK(root.base == Path{"/"});
    CHECK(root.second_base == Path{});
}

TEST_CASE("a connection has its address, or the path of its socket") {
    const auto inet = decoded<Connect>(bytes_of(a_connect()));
    CHECK(inet.port == 443);
    CHECK(inet.address[0] == 192);
    fst_connect unix_socket = a_connect();
    unix_socket.family = 1;
    unix_socket.path_size = 4;
    CHECK(decoded<Connect>(bytes_of(unix_socket, "\0bus"s)).path == "\0bus"s);
    unix_socket.bound_size = 5;
    unix_socket.place_size = 8;
    unix_socket.header.flags = FST_PATH_DETACHED;
    const auto found = decoded<Connect>(bytes_of(unix_socket, "\0bus"s + "/bus\0"s + strings({"bus", "run"})));
    CHECK(found.bound == "/bus");
    CHECK(found.place == Path{"/run/bus", false, true});
    unix_socket.pad = 1;
    check_refused(bytes_of(unix_socket, "\0bus"s + "/bus\0"s + strings({"bus", "run"})), "padding");
    unix_socket.pad = 0;
    check_refused(bytes_of(unix_socket, "\0bus"s + "/bus\0"s + "bus\0/un\0"s), "components");
    check_refused(bytes_of(unix_socket, "\0bus"s), "strings");
    unix_socket.bound_size = unix_socket.place_size = 0;
    unix_socket.family = 10;
    check_refused(bytes_of(unix_socket, "/bus"), "family 10");
}

TEST_CASE("an outsider that writes is no process of the run") {
    const auto writer = decoded<ForeignWriter>(a_writer());
    CHECK(writer.command == "rsync");
    CHECK(writer.path == Path{"/data/train.csv"});
    Bytes inside = a_writer();
    inside[offsetof(fst_header, process)] = std::byte{1};
    check_refused(inside, "outsider");
}

TEST_CASE("a blind spot is one of those that are known") {
    CHECK(decoded<Blind>(bytes_of(a_blind_spot())).detail == 425);
    fst_blind_spot unknown = a_blind_spot();
    unknown.what = 0;
    check_refused(bytes_of(unknown), "blind spot 0");
    unknown.what = FST_BLINDS;
    check_refused(bytes_of(unknown), "blind spot");
}

template <typename Change>
Bytes changed_access(Change change) {
    Bytes bytes = an_access();
    fst_access access{};
    std::memcpy(&access, bytes.data(), sizeof access);
    change(access);
    std::memcpy(bytes.data(), &access, sizeof access);
    return bytes;
}

TEST_CASE("what is out of its range is refused, and the message says what") {
    const auto with = [](auto change) { return changed_access(change); };
    check_refused({}, "0 bytes");
    check_refused(Bytes(39), "39 bytes");
    check_refused(with([](auto& a) { a.header.kind = 0; }), "kind 0");
    check_refused(with([](auto& a) { a.header.kind = FST_KINDS; }), "no such kind");
    check_refused(with([](auto& a) { a.header.size -= 1; }), "header says");
    check_refused(with([](auto& a) { a.header.run = 0; }), "no run");
    check_refused(with([](auto& a) { a.header.flags = 512; }), "unknown flags 0x200");
    check_refused(with([](auto& a) { a.header.time = ~0ULL; }), "time");
    check_refused(with([](auto& a) { a.header.time = std::numeric_limits<std::int64_t>::max(); }), "time");
    check_refused(with([](auto& a) { a.access = 0; }), "access");
    check_refused(with([](auto& a) { a.access = 2048; }), "access 0x800");
    check_refused(with([](auto& a) { a.descriptor = -2; }), "descriptor");
    check_refused(with([](auto& a) { a.path_size += 1; }), "lengths");
    check_refused(with([](auto& a) { a.path_size -= 1; }), "lengths");
    check_refused(with([](auto& a) { a.pad = 1; }), "padding");
    fst_fork fork = a_fork();
    fork.header.process = 0;
    check_refused(bytes_of(fork), "no new process");
    fst_name name = a_rename();
    name.operation = 10;
    check_refused(bytes_of(name, kRenameTail), "operation 10");
}

TEST_CASE("no cut of a record decodes, nor does one with more behind it") {
    for (const auto& [name, bytes] : samples()) {
        CAPTURE(name);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            REQUIRE_FALSE(decode(cut, {}));
            if (size < sizeof(fst_header)) continue;
            const auto said = static_cast<fst_u32>(size);
            std::memcpy(cut.data(), &said, sizeof said);
            REQUIRE_FALSE(decode(cut, {}));
        }
        Bytes longer = bytes;
        longer.push_back(std::byte{0});
        REQUIRE_FALSE(decode(longer, {}));
    }
}

TEST_CASE("a record may lie at any address") {
    const Bytes bytes = an_access();
    Bytes shifted(bytes.size() + 1);
    std::memcpy(shifted.data() + 1, bytes.data(), bytes.size());
    const auto event = decode(std::span<const std::byte>(shifted).subspan(1), {1000});
    REQUIRE(event);
    CHECK(std::get<FileAccess>(*event) == decoded<FileAccess>(bytes));
}

TEST_CASE("the common part is had of kernel kinds alone") {
    const Event access = decoded<FileAccess>(an_access());
    REQUIRE(common_of(access) != nullptr);
    CHECK(common_of(access)->sequence == 77);
    CHECK(common_of(Event{Renamed{}}) == nullptr);
    CHECK(common_of(Event{FoldTotal{}}) == nullptr);
}

TEST_CASE("object ids have one text") {
    const ObjectId id{253U << 20 | 16, 18446744073709551615ULL, 4294967295U};
    CHECK(to_text(id) == "253:16/18446744073709551615/4294967295");
    CHECK(parse_object_id(to_text(id)) == id);
    CHECK(parse_object_id("0:0/0/0") == ObjectId{});
    for (const char* bad :
         {"", "8:1/77", "8:1/77/3 ", " 8:1/77/3", "8:01/77/3", "8:1/+77/3", "8:-1/77/3", "8:1/77/", "4096:0/1/1",
          "0:1048576/1/1", "8:1/18446744073709551616/3", "8:1/77/4294967296", "8/1/77/3"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_object_id(bad));
    }
}

TEST_CASE("records are decoded at speed", "[.speed]") {
    const Bytes bytes = an_access();
    constexpr int kRecords = 1'000'000;
    int decodes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRecords; ++i) decodes += decode(bytes, {1000}).has_value() ? 1 : 0;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    REQUIRE(decodes == kRecords);
    WARN("records per second: " << kRecords / seconds);
    CHECK(kRecords / seconds > 200'000);
}

}  // namespace
