# SPDX-License-Identifier: Apache-2.0
"""Shows, by digest, which outputs of one recorded step were the inputs of another.

    track show RUN files --json > first.json
    track show RUN files --json > second.json
    python3 chain.py prepare=first.json train=second.json

Exits 1 when the second step read nothing that the first wrote, or read one of its outputs with other content.
"""

import argparse
import json
import os
from pathlib import Path

WRITES = {"write", "create", "rename"}
EXAMPLES = 3


def named_file(text: str) -> tuple[str, list[dict]]:
    name, separator, path = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: expected STEP=FILE")
    return name, json.loads(Path(path).read_text())


def digests_by_name(entries: list[dict], kinds: set[str]) -> dict[str, dict[str, int]]:
    """name -> digest -> size, of regular files that were accessed in one of these ways and could be hashed."""
    found: dict[str, dict[str, int]] = {}
    for entry in entries:
        annotations = entry.get("annotations", {})
        digest = entry.get("digest", {}).get("sha256")
        if digest and kinds.intersection(annotations.get("access", ())):
            found.setdefault(entry.get("name", entry["uri"]), {})[digest] = annotations.get("size", 0)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=named_file, metavar="STEP=FILE")
    parser.add_argument("second", type=named_file, metavar="STEP=FILE")
    args = parser.parse_args()
    (writer, wrote_entries), (reader, read_entries) = args.first, args.second

    wrote = digests_by_name(wrote_entries, WRITES)
    written = {digest for digests in wrote.values() for digest in digests}
    linked, differing = [], []
    for name, digests in digests_by_name(read_entries, {"read"}).items():
        for digest, size in digests.items():
            if digest in written:
                linked.append((size, name, digest))
            elif name in wrote:
                differing.append((size, name, digest))

    print(f"{reader} read {len(linked):,} files with exactly the content that {writer} wrote:")
    for size, name, digest in sorted(linked, reverse=True)[:EXAMPLES]:
        print(f"  sha256:{digest[:16]}…  {size:>12,} B  {os.path.relpath(name)}")
    if len(linked) > EXAMPLES:
        print(f"  and {len(linked) - EXAMPLES:,} more")
    for _, name, digest in differing:
        print(f"  DIFFERENT content: {os.path.relpath(name)} was sha256:{digest[:16]}… when {reader} read it")
    return 0 if linked and not differing else 1


if __name__ == "__main__":
    raise SystemExit(main())
