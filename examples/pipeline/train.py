# SPDX-License-Identifier: Apache-2.0
"""Fine-tunes the pretrained backbone on the prepared arrays; writes OUT/model.safetensors and OUT/metrics.json."""

import argparse
import json
import time
from pathlib import Path

import torch
from torch import nn

from model import SurfaceNet, Surfaces, confusion, loader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--weights", type=Path, required=True, help="pretrained backbone, safetensors")
    parser.add_argument("--out", type=Path, required=True, help="directory for the model and its metrics")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2, help="data-loader processes")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    training, validation = Surfaces(args.data, "train"), Surfaces(args.data, "validation")
    model = SurfaceNet(len(training.classes))
    model.load(args.weights, strict=False)  # the classifier is not in the backbone
    for pretrained in (model.conv1, model.project):  # the bulk of the weights stays as it came
        pretrained.requires_grad_(False)
    optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=5e-3)
    batches = loader(training, args.workers, shuffle=True)
    held_out = loader(validation, args.workers)

    history = []
    for epoch in range(1, args.epochs + 1):
        started = time.monotonic()
        model.train()
        loss_sum = 0.0
        for images, labels in batches:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
        counts = confusion(model, held_out, len(training.classes))
        history.append({
            "epoch": epoch,
            "loss": loss_sum / len(training),
            "validation_accuracy": counts.trace() / counts.sum(),
            "seconds": time.monotonic() - started,
        })
        print("epoch {epoch}: loss {loss:.3f}, validation accuracy {validation_accuracy:.3f}, {seconds:.1f} s".format(**history[-1]))

    model.save(args.out / "model.safetensors", {"arch": "surface-net-1", "classes": ",".join(training.classes)})
    metrics = {"seed": args.seed, "samples": len(training), "history": history}
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
