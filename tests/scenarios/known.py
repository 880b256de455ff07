# SPDX-License-Identifier: Apache-2.0
"""What is not as it should be today: acts that are missed, twins that are flagged. `tests/scenarios/run` counts them as what
they are; `scenarios.test` holds everything else, and what can be struck from here is told by `tests/scenarios/run`."""

MISSED = {
    "memory-by-system-call": "it is asked about, but the incident names no process",
    "bytecode-not-of-its-source": "bytecode is not held against its source",
    "base-written": "what is read and then written with the same bytes counts as output",
    "added-between-steps": "only files that the step before wrote are held against it",
    "check-left-out": "the incident names the program by its mask",
}

MAKEFILE = "Makefile counts as data"
OWN = "what the run wrote itself counts as a model or as data"
DOTFILES = "what lies in the home counts as data or as credential by its place"

FLAGGED = {
    "ssh-key": DOTFILES, "ssh-key-by-cat": DOTFILES, "aws": DOTFILES, "azure": DOTFILES, "kube": DOTFILES, "dotenv": DOTFILES,
    "git-credentials": DOTFILES, "git-credentials-forest": DOTFILES,
    "ssh-key-by-compiler": MAKEFILE, "compiler-wrapper": MAKEFILE, "compiler-plugin": MAKEFILE, "known-soname-elsewhere": MAKEFILE,
    "from-memfd": OWN, "from-memfd-torch": OWN, "from-deleted-file": OWN, "swapped-by-configuration": OWN,
    "written-by-another": OWN, "base-written": OWN, "written-in-place": OWN, "encrypted": OWN, "deleted": OWN,
}
