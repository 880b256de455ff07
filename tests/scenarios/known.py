# SPDX-License-Identifier: Apache-2.0
"""What is not as it should be today: acts that are missed, twins that are flagged. `tests/scenarios/run` counts them as what
they are and tells what can be struck from here; `scenarios.test` holds everything else."""

MISSED = {
    "bytecode-not-of-its-source": "bytecode is not held against its source",
}

FLAGGED: dict[str, str] = {}
