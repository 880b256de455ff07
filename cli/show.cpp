// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/places.hpp"
#include "cli/show_tables.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {
namespace {

Result<int> run(const ShowOptions& options, const std::string& name) {
    const auto directory = resolve_run(name);
    if (!directory) return fail(directory.error());
    const auto documents = verify::read_run(*directory);
    if (!documents) return fail(documents.error());
    const auto text = show(documents->trace.record, options);
    if (!text) return fail(text.error());
    if (auto printed = print(*text); !printed) return fail(printed.error());
    return 0;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<ShowOptions>();
    auto name = std::make_shared<std::string>("latest");
    app.add_option("RUN", *name, "A run id, a unique prefix of one, latest, or a run directory. Default: latest")
        ->type_name("");
    app.add_option("TABLE", options->table, "files, processes, libraries, network or ledger. Default: files")
        ->type_name("")
        ->check(CLI::IsMember({"files", "processes", "libraries", "network", "ledger"}));
    app.add_option("--path", options->path, "Only files whose path fits; * also stands for folders")->type_name("GLOB");
    app.add_option("--access", options->access,
                   "Only files accessed in one of these ways: read, write, create, truncate, rename, "
                   "link, unlink, execute, load, inherit, receive")
        ->type_name("WORD")
        ->delimiter(',');
    app.add_option("--binding", options->binding,
                   "Only files whose digest is bound so: kernel, stable, own, changed, contended, none")
        ->type_name("WORD");
    app.add_option("--process", options->process, "Only what the process of this id (not pid) touched")
        ->type_name("ID");
    app.add_option("--role", options->role, "Only files of this role")->type_name("ROLE");
    app.add_option("--sort", options->sort, "Files by path, size, opens or first access. Default: path")
        ->type_name("KEY")
        ->check(CLI::IsMember({"path", "size", "opens", "first"}));
    app.add_flag("--json", options->json, "The entries as the statement has them, as a JSON array");
    return [options, name] { return run(*options, *name); };
}

}  // namespace

const Verb kShowVerb = {
    "show",
    "show [OPTIONS] [RUN] [TABLE]",
    "Show a run's files, processes, libraries, network or ledger",
    "Tables are for people: on a terminal a row is cut to its width, and digests are shortened. --json has "
    "everything, exactly as the signed statement says it.\n\n"
    "Exit status: 0; 2 when the run could not be read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
