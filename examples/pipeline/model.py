# SPDX-License-Identifier: Apache-2.0
"""The network and the dataset that training and evaluation share."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import safetensors_io


class SurfaceNet(nn.Module):
    """Two convolutions and a projection, pretrained, under a fresh classifier."""

    def __init__(self, classes: int, features: int = 2048) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 7, stride=2, padding=3)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.project = nn.Linear(32 * 8 * 8, features)
        self.classify = nn.Linear(features, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.avg_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.classify(torch.relu(self.project(x.flatten(1))))

    def load(self, path: Path, strict: bool = True) -> dict[str, str]:
        tensors, metadata = safetensors_io.load(path)
        state = {name: torch.from_numpy(array.copy()) for name, array in tensors.items()}
        self.load_state_dict(state, strict=strict)
        return metadata

    def save(self, path: Path, metadata: dict[str, str]) -> None:
        tensors = {name: tensor.numpy() for name, tensor in self.state_dict().items()}
        safetensors_io.save(path, tensors, metadata)


class Surfaces(Dataset):
    """One split of a prepared directory; each sample is a file of its own."""

    def __init__(self, directory: Path, split: str) -> None:
        manifest = json.loads((directory / "manifest.json").read_text())
        self.directory = directory
        self.classes: list[str] = manifest["classes"]
        self.mean: float = manifest["mean"]
        self.deviation: float = manifest["deviation"]
        self.samples: list[dict] = manifest["splits"][split]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        sample = self.samples[index]
        array = np.load(self.directory / sample["array"]).astype(np.float32)
        return torch.from_numpy((array - self.mean) / self.deviation), sample["label"]


def loader(data: Surfaces, workers: int, shuffle: bool = False) -> DataLoader:
    return DataLoader(data, batch_size=64, shuffle=shuffle, num_workers=workers, persistent_workers=workers > 0)


@torch.no_grad()
def confusion(model: SurfaceNet, batches: DataLoader, classes: int) -> np.ndarray:
    """Counts by [true class, predicted class]."""
    model.eval()
    counts = np.zeros((classes, classes), np.int64)
    for images, labels in batches:
        np.add.at(counts, (labels.numpy(), model(images).argmax(1).numpy()), 1)
    return counts
