# SPDX-License-Identifier: Apache-2.0
"""Makes what the pipeline starts from: raw camera images of steel surfaces, their labels, and a pretrained backbone.

It stands in for a download. The same seed gives the same bytes.

  OUT/data/raw/labels.csv             image,label
  OUT/data/raw/images/NN/NNNNN.pgm    64x64, 8-bit grey
  OUT/pretrained/backbone.safetensors weights in the layout of model.py
"""

import argparse
import csv
from pathlib import Path

import numpy as np

import safetensors_io

SIZE = 64
LABELS = ("clean", "pits", "scratch", "stain")
FEATURES = 2048


def brushed_steel(rng: np.random.Generator) -> np.ndarray:
    """Horizontal grain under uneven light, values around 0.5."""
    noise = rng.standard_normal((SIZE, SIZE + 16))
    sums = np.cumsum(noise, axis=1)
    grain = (sums[:, 16:] - sums[:, :-16]) / 16
    light = np.linspace(-0.1, 0.1, SIZE) * rng.uniform(-1, 1)
    return 0.5 + 0.15 * grain + light + 0.03 * rng.standard_normal((SIZE, SIZE))


def add_defect(image: np.ndarray, label: str, rng: np.random.Generator) -> None:
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    if label == "scratch":
        angle = rng.uniform(0, np.pi)
        cx, cy = rng.uniform(16, 48, 2)
        across = (x - cx) * np.sin(angle) - (y - cy) * np.cos(angle)
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        image[(np.abs(across) < rng.uniform(0.6, 1.2)) & (np.abs(along) < rng.uniform(12, 30))] += rng.uniform(0.15, 0.4)
    elif label == "pits":
        for cx, cy in rng.uniform(6, 58, (rng.integers(3, 9), 2)):
            image[(x - cx) ** 2 + (y - cy) ** 2 < rng.uniform(1.5, 3.0) ** 2] -= rng.uniform(0.15, 0.35)
    elif label == "stain":
        cx, cy = rng.uniform(16, 48, 2)
        distance = ((x - cx) / rng.uniform(8, 16)) ** 2 + ((y - cy) / rng.uniform(8, 16)) ** 2
        image -= rng.uniform(0.12, 0.3) * np.exp(-distance)


def write_images(raw: Path, count: int, rng: np.random.Generator) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    with open(raw / "labels.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "label"))
        for number in range(count):
            label = LABELS[rng.integers(len(LABELS))]
            image = brushed_steel(rng)
            add_defect(image, label, rng)
            pixels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
            name = f"images/{number // 100:02d}/{number:05d}.pgm"
            (raw / name).parent.mkdir(parents=True, exist_ok=True)
            (raw / name).write_bytes(b"P5\n%d %d\n255\n" % (SIZE, SIZE) + pixels.tobytes())
            table.writerow((name, label))


def gabor_bank(count: int, width: int) -> np.ndarray:
    """Edge and line filters at evenly spaced angles: what the first layer of a trained network looks like."""
    half = width // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float64)
    bank = []
    for i in range(count):
        angle = np.pi * (i // 2) / (count // 2)
        wave = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / 5.0 - (i % 2) * np.pi / 2)
        kernel = wave * np.exp(-(x**2 + y**2) / 8.0)
        kernel -= kernel.mean()
        bank.append(kernel / np.abs(kernel).sum())
    return np.array(bank, np.float32)[:, None]


def backbone_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    def he(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)

    return {
        "conv1.weight": gabor_bank(16, 7),
        "conv1.bias": np.zeros(16, np.float32),
        "conv2.weight": he(32, 16, 3, 3),
        "conv2.bias": np.zeros(32, np.float32),
        "project.weight": he(FEATURES, 32 * 8 * 8),
        "project.bias": np.zeros(FEATURES, np.float32),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="directory to fill")
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()

    write_images(args.out / "data/raw", args.images, np.random.default_rng([args.seed, 0]))
    weights = args.out / "pretrained/backbone.safetensors"
    safetensors_io.save(weights, backbone_weights(np.random.default_rng([args.seed, 1])), {"arch": "surface-backbone-1"})
    print(f"{args.images} images in {args.out / 'data/raw'}, {weights.stat().st_size / 1e6:.1f} MB of weights in {weights}")


if __name__ == "__main__":
    main()
