// SPDX-License-Identifier: Apache-2.0
// The service, where there is one: whether it listens, and the runs that it holds for this user.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/sign/key.hpp"
#include "daemon/control/client.hpp"

namespace fstracker::cli {

// $FSTRACKER_SOCKET, else /run/fstracker/control.sock.
std::string service_socket();

// Nothing: nobody listens there, or not for this user. An error: what listens does not answer as it should.
Result<std::optional<control::Client>> connect_to_service();

// The service's runs that this user may see, newest first. None where there is no service.
Result<std::vector<control::Run>> runs_of_service();

// One of them, copied into `directory`, which is made with mode `mode` and must not be there.
Status copy_run(control::Client& service, const std::string& run, const std::string& directory, unsigned mode);

// The same into a folder of this process's own, which goes when it ends; gives the run directory's path. `run` as
// GetRun takes it. kNotFound where the service has no such run.
Result<std::string> borrow_run(control::Client& service, const std::string& run);

// Whether a run directory was borrowed by this process, or was recorded by the service in a store that this user can
// read.
bool is_of_service(const std::string& directory);

// The public half of the key that the service signs with, as it lies beside its socket. kNotFound: there is none.
Result<sign::PublicKey> service_public_key();

}  // namespace fstracker::cli
