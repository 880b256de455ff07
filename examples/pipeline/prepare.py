# SPDX-License-Identifier: Apache-2.0
"""Turns raw images into arrays: evens out the light, splits into train, validation and test, writes a manifest.

  OUT/manifest.json        classes, mean and deviation of the training pixels, the samples of each split
  OUT/SPLIT/NNNNN.npy      float16, 1 x height x width
"""

import argparse
import csv
import hashlib
import json
from pathlib import Path

import numpy as np


def read_pgm(path: Path) -> np.ndarray:
    """Binary 8-bit PGM without comments, as the camera writes it."""
    content = path.read_bytes()
    fields = content.split(maxsplit=3)
    if len(fields) < 3 or fields[0] != b"P5":
        raise ValueError(f"{path}: not a binary PGM image")
    width, height = int(fields[1]), int(fields[2])
    pixels = content[-width * height :]
    if len(pixels) != width * height:
        raise ValueError(f"{path}: {width}x{height} pixels announced, {len(pixels)} bytes there")
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def even_light(pixels: np.ndarray) -> np.ndarray:
    """Takes the linear light gradient out, which says where the lamp was and nothing about the surface."""
    image = pixels.astype(np.float32) / 255
    columns = image.mean(axis=0)
    position = np.arange(columns.size)
    slope, offset = np.polyfit(position, columns, 1)
    return image - (slope * position + offset).astype(np.float32)


def split_of(name: str) -> str:
    """By the name's hash, so that a sample stays in its split when others are added."""
    bucket = hashlib.sha256(name.encode()).digest()[0]
    return "train" if bucket < 180 else "validation" if bucket < 218 else "test"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, required=True, help="directory with labels.csv and images/")
    parser.add_argument("--out", type=Path, required=True, help="directory for arrays and manifest")
    args = parser.parse_args()

    with open(args.raw / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row["label"] for row in rows})
    splits: dict[str, list] = {"train": [], "validation": [], "test": []}
    for split in splits:
        (args.out / split).mkdir(parents=True, exist_ok=True)

    total = squares = pixels = 0.0
    for row in rows:
        image = even_light(read_pgm(args.raw / row["image"]))
        split = split_of(row["image"])
        name = f"{split}/{Path(row['image']).stem}.npy"
        np.save(args.out / name, image[None].astype(np.float16))
        splits[split].append({"array": name, "label": classes.index(row["label"])})
        if split == "train":
            total += float(image.sum())
            squares += float((image**2).sum())
            pixels += image.size
    if not all(splits.values()):
        raise SystemExit("prepare: too few images: a split is empty")

    mean = total / pixels
    deviation = (squares / pixels - mean**2) ** 0.5
    manifest = {"classes": classes, "mean": mean, "deviation": deviation, "splits": splits}
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print("prepared " + ", ".join(f"{len(samples)} {split}" for split, samples in splits.items()))


if __name__ == "__main__":
    main()
