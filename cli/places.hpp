// SPDX-License-Identifier: Apache-2.0
// Where things are for this caller, by environment and contract.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/sign/key.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::cli {

// $NAME where it is set and not empty.
std::optional<std::string> environment(const char* name);

// $FSTRACKER_STORE, else /var/lib/fstracker/runs for root, else $XDG_STATE_HOME/fstracker/runs.
Result<std::string> store_root();
// The digest cache's file in $FSTRACKER_CACHE, else /var/cache/fstracker for root, else $XDG_CACHE_HOME/fstracker.
// Empty where there is no home to keep it in.
std::string cache_file();
// $XDG_CONFIG_HOME/fstracker/key.pem.
Result<std::string> default_key_path();

// The nearest folder from `from` upwards that holds .fstracker.yaml or .git; `from` where none does.
std::string project_root(const std::string& from);
Result<std::string> current_directory();

// Makes incomplete runs of what recorders that died have left, and says so on standard error.
void recover_dead_runs(const std::string& root);

// RUN of the command line to its directory.
Result<std::string> resolve_run(const std::string& run);

// The public half of the configured key: KEY.pub beside it, else taken from the key itself. kNotFound when there is
// none.
Result<sign::PublicKey> configured_public_key();
std::string key_passphrase();

}  // namespace fstracker::cli
