// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/baseline_actions.hpp"
#include "cli/baseline_files.hpp"
#include "cli/criteria.hpp"
#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "core/base/durable_file.hpp"
#include "core/evidence/baseline_statement.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/sign/sign_statement.hpp"

namespace fstracker::cli {
namespace {

Status sign_file(const std::string& path, const sign::PrivateKey& key) {
    const auto read = read_baseline_file(path);
    if (!read) return fail(read.error().within("baseline"));
    evidence::BaselineStatement statement;
    statement.file = evidence::display(path.substr(path.rfind('/') + 1));
    statement.digest = read->sha256;
    statement.pipeline = read->baseline->pipeline;
    statement.step = read->baseline->step;
    statement.runs = read->baseline->runs.size();
    const auto bundle = sign::sign_statement(evidence::write_baseline_statement(statement), key);
    if (!bundle) return fail(bundle.error());
    if (auto written = base::write_file_durably(signature_path(path), *bundle); !written)
        return fail(written.error().within(signature_path(path)));
    return {};
}

}  // namespace

Result<int> sign_baseline(const BaselineOptions& options) {
    auto files = options.words;
    if (!options.file.empty()) files.push_back(options.file);
    if (files.empty())
        return fail(ErrorKind::kInvalid, "a baseline's file has to be given",
                    "track baseline sign .fstracker/baseline/PIPELINE/STEP.yaml");
    std::string path = options.key;
    if (path.empty()) {
        auto standard = default_key_path();
        if (!standard) return fail(standard.error());
        path = *standard;
    }
    const auto key = sign::load_private_key(path, key_passphrase());
    if (!key) return fail(key.error());
    nlohmann::json out = nlohmann::json::array();
    std::string text;
    for (const auto& file : files) {
        if (auto status = sign_file(file, *key); !status) return fail(status.error());
        out.push_back({{"file", evidence::display(file)}, {"signature", evidence::display(signature_path(file))}});
        text += fmt::format("{}: signed by {}\n", report::printable(file), key->public_key().id());
    }
    if (auto printed = print(options.json ? out.dump(2) + '\n' : text); !printed) return fail(printed.error());
    return 0;
}

}  // namespace fstracker::cli
