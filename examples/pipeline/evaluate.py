# SPDX-License-Identifier: Apache-2.0
"""Scores a trained model on the test split; writes OUT (report.json). Exits 1 when it is worse than --min-accuracy."""

import argparse
import json
from pathlib import Path

from model import SurfaceNet, Surfaces, confusion, loader


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--model", type=Path, required=True, help="what train.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="report to write, JSON")
    parser.add_argument("--min-accuracy", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=2, help="data-loader processes")
    args = parser.parse_args()

    data = Surfaces(args.data, "test")
    model = SurfaceNet(len(data.classes))
    metadata = model.load(args.model)
    if metadata.get("classes") != ",".join(data.classes):
        raise SystemExit(f"evaluate: {args.model} was trained for the classes {metadata.get('classes')}, the data has {data.classes}")

    counts = confusion(model, loader(data, args.workers), len(data.classes))
    accuracy = counts.trace() / counts.sum()
    report = {
        "accuracy": accuracy,
        "samples": int(counts.sum()),
        "recall": {name: counts[i, i] / max(1, counts[i].sum()) for i, name in enumerate(data.classes)},
        "confusion": counts.tolist(),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"test accuracy {accuracy:.3f} on {counts.sum()} images")
    return 0 if accuracy >= args.min_accuracy else 1


if __name__ == "__main__":
    raise SystemExit(main())
