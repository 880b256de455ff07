// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <catch2/catch.hpp>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"

using namespace fstracker;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

base::Fd open_null() { return base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("errno becomes an error of its kind, with a hint where one helps") {
    const Error gone = base::errno_error(ENOENT, "cannot open /x");
    CHECK(gone.kind == ErrorKind::kNotFound);
    CHECK(gone.message == "cannot open /x: No such file or directory");
    CHECK(gone.hint.empty());

    CHECK(base::errno_error(EACCES, "x").kind == ErrorKind::kPermission);
    CHECK(base::errno_error(EPERM, "x").kind == ErrorKind::kPermission);
    CHECK(base::errno_error(ENOSYS, "x").kind == ErrorKind::kUnsupported);
    CHECK(base::errno_error(EISDIR, "x").kind == ErrorKind::kInvalid);
    CHECK(base::errno_error(EIO, "x").kind == ErrorKind::kSystem);

    const Error full = base::errno_error(ENOSPC, "cannot write /x");
    CHECK(full.kind == ErrorKind::kSystem);
    CHECK(full.hint.find("free space") != std::string::npos);
}

TEST_CASE("an error gains context in front") {
    const Error inner{ErrorKind::kInvalid, "it is empty", "fill it"};
    const Error outer = inner.within("cannot read /x");
    CHECK(outer.message == "cannot read /x: it is empty");
    CHECK(outer.hint == "fill it");
    CHECK(outer.kind == ErrorKind::kInvalid);
}

TEST_CASE("a descriptor is closed once, by its last owner") {
    int number = -1;
    {
        base::Fd first = open_null();
        REQUIRE(first.valid());
        number = first.get();
        const base::Fd second = std::move(first);
        CHECK_FALSE(first.valid());
        CHECK(second.get() == number);
        CHECK(is_open(number));
    }
    CHECK_FALSE(is_open(number));
}

TEST_CASE("a descriptor that is assigned over is closed, one that is released is not") {
    base::Fd first = open_null();
    base::Fd second = open_null();
    const int old = first.get();
    first = std::move(second);
    CHECK_FALSE(is_open(old));

    const int released = first.release();
    CHECK_FALSE(first.valid());
    CHECK(is_open(released));
    ::close(released);
}
