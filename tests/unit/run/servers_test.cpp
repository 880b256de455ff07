// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch.hpp>

#include "core/run/servers.hpp"

using namespace fstracker::run;
using namespace std::string_literals;

TEST_CASE("servers are known by where they listen") {
    CHECK(server_at("/run/docker.sock") == "Docker");
    CHECK(server_at("/var/run/docker.sock") == "Docker");
    CHECK(server_at("/run/user/1000/podman/podman.sock") == "Podman");
    CHECK(server_at("/run/containerd/containerd.sock") == "containerd");
    CHECK(server_at("/run/user/1000/bus") == "D-Bus (systemd)");
    CHECK(server_at("/run/user/1000/systemd/private") == "systemd");
    CHECK(server_at("/tmp/ray/session_2026-01-01/sockets/raylet") == "Ray");
    CHECK(server_at("/root/.local/share/jupyter/runtime/kernel-1-ipc-1") == "Jupyter");
    CHECK(server_at("docker.sock") == "Docker");
    CHECK(server_at("run/docker.sock\0rest"s) == "Docker");
    CHECK(server_at("\0/run/docker.sock"s) == "Docker");
    CHECK(server_at("\0/containerd-shim/moby/77/shim.sock"s) == "containerd");
    for (const char* other : {"", "/", "mydocker.sock", "docker.sock.txt", "/run/postgresql/.s.PGSQL.5432",
                              "/tmp/mydocker.sock", "/tmp/columbus"})
        CHECK_FALSE(server_at(other));
}

TEST_CASE("servers are known by the files that they take orders from") {
    CHECK(server_that_reads("/var/spool/cron/crontabs/root") == "cron");
    CHECK(server_that_reads("/var/spool/cron/atjobs/a00001") == "at");
    CHECK(server_that_reads("/etc/cron.d/mine") == "cron");
    CHECK(server_that_reads("/etc/systemd/system/mine.service") == "systemd");
    CHECK_FALSE(server_that_reads("/home/me/etc/cron.d/mine"));
    CHECK_FALSE(server_that_reads("/var/spool/mail/root"));
}
