// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/baseline/path_names.hpp"

using namespace fstracker::baseline;

TEST_CASE("paths are written with the roots they lie below", "[baseline]") {
    const PathNames names({{"DATA", "/mnt/sets/fraud"}, {"ALL", "/mnt/sets"}}, "/work/project");
    CHECK(names.named("/work/project/train.py") == "$WORK/train.py");
    CHECK(names.named("/work/projects/train.py") == "/work/projects/train.py");
    CHECK(names.named("/mnt/sets/fraud/a.csv") == "$DATA/a.csv");
    CHECK(names.named("/mnt/sets/other/a.csv") == "$ALL/other/a.csv");
    CHECK(names.named("/root/.ssh/id_rsa") == "$HOME/.ssh/id_rsa");
    CHECK(names.named("/home/ada/.netrc") == "$HOME/.netrc");
    CHECK(names.named("/home/ada/.cache/pip/x") == "$CACHE/pip/x");
    CHECK(names.named("/var/cache/fontconfig/x") == "$CACHE/fontconfig/x");
    CHECK(names.named("/usr/lib/python3/dist-packages/torch/a.py") == "$SITE/torch/a.py");
    CHECK(names.named("/work/project/.venv/lib/python3.11/site-packages/x.pth") == "$SITE/x.pth");
    CHECK(names.named("/home/ada/.local/lib/python3.11/site-packages/x.pth") == "$USERSITE/x.pth");
    CHECK(names.named("/proc/4711/environ") == "/proc/{n}/environ");
    CHECK(names.named("/tmp/tmpk3j2_x9q/x.sh") == "$TMP/tmp{tmp}/x.sh");
    CHECK(names.concrete("$DATA/a%25.csv") == "/mnt/sets/fraud/a%.csv");
    CHECK(names.concrete("$SITE/torch/a.py") == "$SITE/torch/a.py");
}

TEST_CASE("a named path is printable, and a step cannot write a mask or a root into it", "[baseline]") {
    const PathNames names({}, "/w");
    CHECK(names.named("/w/{n}") == "$WORK/%7Bn%7D");
    CHECK(names.named("/w/a\nb\xFF") == "$WORK/a%0Ab%FF");
    CHECK(names.named("/w/100%") == "$WORK/100%25");
    CHECK(names.named("/w/\xC3\xA4") == "$WORK/\xC3\xA4");
    CHECK(names.named("/$SITE/x") == "/$SITE/x");
    CHECK(decoded("$WORK/a%0Ab%FF%7B") == "$WORK/a\nb\xFF{");
    CHECK(decoded("%") == "%");
    CHECK(decoded("%4") == "%4");
}

TEST_CASE("what a program makes up in a temporary folder is masked, what counts something is not", "[baseline]") {
    const PathNames names({}, "/w");
    CHECK(names.named("/tmp/tmp.Ab3dEfGh1J/log") == "$TMP/tmp.{tmp}/log");
    CHECK(names.named("/tmp/ccAbCd12.s") == "$TMP/cc{tmp}.s");
    CHECK(names.named("/tmp/ccabcdef.o") == "$TMP/cc{tmp}.o");
    CHECK(names.named("/tmp/pip-build-env-k3j2x9q1/overlay") == "$TMP/pip-build-env-{tmp}/overlay");
    CHECK(names.named("/tmp/pip-build-env-qxwzbkrt/overlay") == "$TMP/pip-build-env-{tmp}/overlay");
    CHECK(names.named("/tmp/pymp-k3j_x9qa/sem") == "$TMP/pymp-{tmp}/sem");
    CHECK(names.named("/tmp/tmpk3j2_x9q_in_process.py") == "$TMP/tmp{tmp}_in_process.py");
    CHECK(names.named("/tmp/tmp.abcdefghij/x") == "$TMP/tmp.{tmp}/x");
    CHECK(names.named("/tmp/sortAbcdef") == "$TMP/sort{tmp}");
    CHECK(names.named("/tmp/0a1b2c3d4e5f/x") == "$TMP/{hex}/x");
    CHECK(names.named("/tmp/123e4567-e89b-12d3-a456-426614174000") == "$TMP/{uuid}");
    CHECK(names.named("/tmp/shard-00017.tar") == "$TMP/shard-00017.tar");
    CHECK(names.named("/tmp/shard00017/a") == "$TMP/shard00017/a");
    CHECK(names.named("/tmp/my-training/x") == "$TMP/my-training/x");
    CHECK(names.named("/tmp/data-20261123") == "$TMP/data-20261123");
    CHECK(names.named("/tmp/sort.log") == "$TMP/sort.log");
    CHECK(names.named("/tmp/settings.json") == "$TMP/settings.json");
    CHECK(names.named("/dev/shm/torch_AbC1dE_7") == "$TMP/torch_{tmp}_7");
}

TEST_CASE("a skeleton is the same for siblings and keeps their numbers", "[baseline]") {
    std::vector<std::uint64_t> numbers;
    CHECK(skeleton_of("$DATA/shard-00017.tar", &numbers) == "$DATA/shard-{n}.tar");
    CHECK(numbers == std::vector<std::uint64_t>{17});
    CHECK(skeleton_of("$DATA/poison.tar") == "$DATA/poison.tar");
    CHECK(skeleton_of("$WORK/epoch=3-step=1500.ckpt") == "$WORK/epoch={n}-step={n}.ckpt");
    CHECK(skeleton_of("$WORK/2026-11-22/a") == "$WORK/{date}/a");
    CHECK(skeleton_of("$WORK/run_20261122_101500.log") == "$WORK/run_{date}.log");
    CHECK(skeleton_of("$WORK/20269999.log") == "$WORK/{n}.log");
    CHECK(skeleton_of("/usr/lib/libz.so.1.2.13") == "/usr/lib/libz.so.{version}");
    CHECK(skeleton_of("$CACHE/ab12cd34ef/x") == "$CACHE/{hex}/x");
    CHECK(skeleton_of("$CACHE/deadbeef/x") == "$CACHE/deadbeef/x");
    CHECK(skeleton_of("$CACHE/12345678/x") == "$CACHE/{n}/x");
    CHECK(skeleton_of("a.cpython-311.pyc") == "a.cpython-{n}.pyc");
    CHECK(skeleton_of("$TMP/tmp{tmp}/7") == "$TMP/tmp{tmp}/{n}");
    CHECK(skeleton_of("/a%0A7") == "/a%0A{n}");
    numbers.clear();
    skeleton_of("99999999999999999999999", &numbers);
    CHECK(numbers == std::vector<std::uint64_t>{UINT64_MAX});
}
