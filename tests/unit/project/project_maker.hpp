// SPDX-License-Identifier: Apache-2.0
// A project with everything that a run can be judged by, in a folder of the test's own.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/baseline/baseline_text.hpp"
#include "core/digest/digest.hpp"
#include "core/evidence/baseline_statement.hpp"
#include "core/project/criteria.hpp"
#include "core/sign/sign_statement.hpp"
#include "tests/unit/scratch.hpp"

namespace fstracker::testing {

inline std::string rule_text(const std::string& id, const std::string& word) {
    return fmt::format(
        "title: {0}\nid: {0}\nlogsource: {{category: process_creation, product: linux}}\n"
        "detection:\n  selection:\n    CommandLine|contains: {1}\n  condition: selection\nlevel: medium\n",
        id, word);
}

class ProjectMaker {
  public:
    Scratch scratch;
    std::string root = scratch / "p";
    sign::PrivateKey key = *sign::PrivateKey::generate(sign::KeyType::kEd25519);
    project::RuleSources sources;
    project::Asked asked;

    ProjectMaker() {
        namespace fs = std::filesystem;
        for (const char* folder : {"p/.fstracker/rules/deep", "p/.fstracker/baseline/fraud", "shipped", "more"})
            fs::create_directories(scratch / folder);
        put(project_file(),
            "pipeline: fraud\nroots: {DATA: data, OUT: /srv/out}\nroles:\n  data: [\"$DATA/**\"]\n"
            "steps:\n  train: {match: \"python* train.py*\", inputs_from: [prepare]}\n"
            "suppress:\n  - {finding: F-1, reason: old, until: 2020-01-01}\n"
            "  - {finding: F-2, reason: new, until: 2090-01-01}\n");
        put(scratch / "shipped/s.yml", rule_text("shipped-1", "s"));
        put(root + "/.fstracker/rules/b.yml", rule_text("own-b", "b"));
        put(root + "/.fstracker/rules/deep/a.yaml", rule_text("own-a", "a"));
        put(root + "/.fstracker/rules/notes.txt", "no rule");
        put(scratch / "more/z.yml", rule_text("more-z", "z"));
        put(scratch / "named.rule", rule_text("named", "n"));
        put(key_file(), key.public_key().pem());
        baseline::Baseline known;
        known.pipeline = "fraud";
        known.step = "train";
        known.runs = {{"r", std::string(64, 'a')}};
        put(baseline_file(), baseline::write_baseline(known));
        sign_baseline();
        sources = {scratch / "shipped", {scratch / "named.rule", scratch / "more/z.yml"}};
        asked.pipeline = "fraud";
        asked.step = "train";
        asked.here = root;
        asked.today = "2026-11-23";
        asked.baseline_key = key_file();
    }

    std::string project_file() const { return root + "/.fstracker.yaml"; }
    std::string baseline_file() const { return root + "/.fstracker/baseline/fraud/train.yaml"; }
    std::string signature_file() const { return baseline_file() + ".sigstore.json"; }
    std::string key_file() const { return scratch / "team.pub"; }

    void sign_baseline() const {
        evidence::BaselineStatement statement{"train.yaml", digest::sha256(content_of(baseline_file())), "fraud",
                                              "train", 1};
        put(signature_file(), *sign::sign_statement(evidence::write_baseline_statement(statement), key));
    }

    Result<project::Judging> load(project::Files& files) const {
        const auto project = project::load_project(files, root);
        if (!project) return fail(project.error());
        return project::load_judging(files, *project, sources, asked, nullptr);
    }
};

}  // namespace fstracker::testing
