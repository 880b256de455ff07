// SPDX-License-Identifier: Apache-2.0
// What the service is told by its configuration file, fstrackerd.yaml: docs/service.md has the keys.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace fstracker::daemon {

struct Configuration {
    std::string socket = "/run/fstracker/control.sock";
    std::string group = "fstracker";  // that may use the socket beside root; empty: nobody
    std::string store = "/var/lib/fstracker/runs";
    std::string cache = "/var/cache/fstracker";
    std::string key = "/var/lib/fstracker/key.pem";  // PEM; made on first use
    std::string rules = "/usr/share/fstracker/rules";
    std::string pins = "/sys/fs/bpf/fstracker";
    std::string backend = "auto";
    std::uint64_t ring_bytes = 0;  // of each run; 0: the usual size
    struct Limits {
        std::uint64_t runs = 32;
        std::uint64_t runs_of_user = 16;
        std::uint64_t given_bytes = std::uint64_t{256} << 20;  // of a project's files, for one run
    } limits;
};

// The file at `path`, over the defaults. An unknown key is an error that names the line.
Result<Configuration> read_configuration(const std::string& path);
// The same of a text; `name` is for errors.
Result<Configuration> parse_configuration(const std::string& text, const std::string& name);

}  // namespace fstracker::daemon
