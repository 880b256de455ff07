// SPDX-License-Identifier: Apache-2.0
#include "cli/help_text.hpp"

namespace fstracker::cli {

const char* const kDescription =
    "track runs a command and writes down every file that its process tree opens, every library it loads and every "
    "program it "
    "executes, seen in the kernel and bound to the digest of the bytes that were there. The record is an in-toto "
    "statement, "
    "signed, in a Sigstore bundle; a ledger in it says that nothing was lost, or what was.\n\n"
    "RUN is a run id, a unique prefix of one, the word latest, or a run directory. Every verb takes --json. Messages "
    "go to "
    "standard error as two lines, what failed and why, and a hint; output meant to be read goes to standard output.\n\n"
    "Recording loads BPF programs and needs root or CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH. "
    "Reading and "
    "verifying need no privilege.";

const NamedTexts& environment_texts() {
    static const NamedTexts kTexts = {
        {"FSTRACKER_STORE",
         "The run store. Default: /var/lib/fstracker/runs for root, else fstracker/runs "
         "in $XDG_STATE_HOME or ~/.local/state."},
        {"FSTRACKER_CACHE",
         "The folder of the digest cache. Default: /var/cache/fstracker for root, else "
         "fstracker in $XDG_CACHE_HOME or ~/.cache."},
        {"FSTRACKER_BASELINE_KEY", "As --baseline-key: the public key that a baseline has to be signed with."},
        {"FSTRACKER_KEY_PASSPHRASE", "The passphrase of an encrypted private key."},
        {"FSTRACKER_RULES",
         "The folder of the detection rules that came with track. Default: share/fstracker/rules beside its bin."},
        {"XDG_CONFIG_HOME", "Where fstracker/key.pem is. Default: ~/.config."},
        {"FSTRACKER_BTF", "A file with the kernel's type information, for a kernel that has none of its own."},
        {"FSTRACKER_RING_BYTES",
         "The size of the ring buffer between kernel and recorder, a power of two. A run that loses events for want of "
         "room "
         "says so; make it larger then."},
        {"NO_COLOR", "When set and not empty, nothing is coloured."}};
    return kTexts;
}

const NamedTexts& file_texts() {
    static const NamedTexts kTexts = {
        {".fstracker.yaml",
         "At the root of a project: pipeline, roots, roles, steps, suppress. An unknown key is an error. This version "
         "takes the "
         "names of pipeline and steps, roots and roles from it, and checks the rest."},
        {"trace.sigstore.json", "In a run directory: the signed record."},
        {"verdict.sigstore.json", "The signed judgement, naming the trace by digest."},
        {"events.ndjson.zst", "Every event as it was delivered; its digest is signed with the trace."},
        {"files.ndjson.zst", "The whole access table, where it was too long for the statement."},
        {"summary.json", "An unsigned convenience."}};
    return kTexts;
}

const std::vector<const char*>& example_texts() {
    static const std::vector<const char*> kTexts = {
        "track -- python3 train.py --epochs 3",
        "track run --step train --summary run.json --fail-on incomplete -- make train",
        "track report",
        "track verify latest --key signer.pub --files",
        "track show latest files --role model --json",
        "track diff 20260101T 20260102T"};
    return kTexts;
}

}  // namespace fstracker::cli
