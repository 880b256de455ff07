# SPDX-License-Identifier: Apache-2.0
"""What is not as it should be today: acts that are missed, twins that are flagged. `tests/scenarios/run` counts them as what
they are and tells what can be struck from here; `scenarios.test` holds everything else."""

MISSED = {
    "memory-by-system-call": "it is asked about, but the incident names no process",
    "bytecode-not-of-its-source": "bytecode is not held against its source",
    "added-between-steps": "only files that the step before wrote are held against it",
    "check-left-out": "the incident names the program by its mask",
}

PLACES = "what lies in another folder of the home counts as data by its name"

FLAGGED = {"ssh-key": PLACES, "ssh-key-by-cat": PLACES, "aws": PLACES, "dotenv": PLACES}
