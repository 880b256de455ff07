# SPDX-License-Identifier: Apache-2.0
"""Reads and writes safetensors files with numpy alone (Debian 12 has no package for the format).

A file is: header length (u64, little endian), header (JSON: tensor name -> dtype, shape, byte range), tensor bytes.
"""

import json
import os
import struct
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8"), "U8": np.dtype("u1")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
MAX_HEADER_BYTES = 100_000_000


def save(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> None:
    """Writes to a temporary name and renames, so that a reader never sees half a model."""
    header: dict = {"__metadata__": metadata} if metadata else {}
    arrays = []
    end = 0
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
        arrays.append(array)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for array in arrays:
            file.write(array.tobytes())
    os.replace(partial, path)


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Returns (tensors, metadata). The tensors are read-only views of the mapped file."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if data.size < 8:
        raise ValueError(f"{path}: too short for a safetensors file")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    if length > min(MAX_HEADER_BYTES, data.size - 8):
        raise ValueError(f"{path}: header of {length} bytes does not fit the file")
    header = json.loads(data[8 : 8 + length].tobytes())
    metadata = header.pop("__metadata__", {})
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        if not 0 <= begin <= end <= body.size or end - begin != dtype.itemsize * int(np.prod(entry["shape"])):
            raise ValueError(f"{path}: tensor {name} does not fit its byte range")
        tensors[name] = np.frombuffer(body[begin:end], dtype).reshape(entry["shape"])
    return tensors, metadata
