// SPDX-License-Identifier: Apache-2.0
#include "core/run/servers.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace fstracker::run {

namespace {

// Matched at the end of a socket's name; or anywhere, where the text ends in a slash.
struct Known {
    std::string_view place;
    std::string_view server;
};

constexpr std::array kSockets = std::to_array<Known>({
    {"/docker.sock", "Docker"},
    {"/containerd.sock", "containerd"},
    {"/containerd.sock.ttrpc", "containerd"},
    {"/run/containerd/s/", "containerd"},
    {"/containerd-shim/", "containerd"},
    {"/podman.sock", "Podman"},
    {"/crio.sock", "CRI-O"},
    {"/buildkitd.sock", "BuildKit"},
    {"/libvirt-sock", "libvirt"},
    {"/lxd/unix.socket", "LXD"},
    {"/incus/unix.socket", "Incus"},
    {"/systemd/private", "systemd"},
    {"/dbus/system_bus_socket", "D-Bus (systemd)"},
    {"/bus", "D-Bus (systemd)"},
    {"/atd.sock", "at"},
    {"/tmp/ray/", "Ray"},
    {"/jupyter/runtime/", "Jupyter"},
    {"/sccache/", "sccache"},
});

constexpr std::array kSpools = std::to_array<Known>({
    {"/var/spool/cron/atjobs/", "at"},
    {"/var/spool/at/", "at"},
    {"/var/spool/cron/", "cron"},
    {"/etc/cron.", "cron"},
    {"/etc/crontab", "cron"},
    {"/etc/systemd/system/", "systemd"},
    {"/run/systemd/system/", "systemd"},
});

}  // namespace

std::optional<std::string_view> server_at(std::string_view socket_name) {
    if (socket_name.starts_with('\0')) socket_name.remove_prefix(1);
    const std::string name = fmt::format("/{}", socket_name.substr(0, socket_name.find('\0')));
    const auto known = std::find_if(kSockets.begin(), kSockets.end(), [&](const Known& one) {
        return one.place.ends_with('/') ? name.find(one.place) != std::string::npos : name.ends_with(one.place);
    });
    return known == kSockets.end() ? std::nullopt : std::optional(known->server);
}

std::optional<std::string_view> server_that_reads(std::string_view path) {
    const auto known =
        std::find_if(kSpools.begin(), kSpools.end(), [&](const Known& one) { return path.starts_with(one.place); });
    return known == kSpools.end() ? std::nullopt : std::optional(known->server);
}

}  // namespace fstracker::run
