"""Trains the digit CNN on MNIST with PyTorch: the reference for an epoch's time and accuracy.

MODELWRIGHT_DATA names a folder with mnist/ in it. Prints one JSON line an epoch:
{"epoch", "seconds" (training alone), "loss" (mean over the epoch), "testAccuracy"}.
All images lie in memory as one tensor, from which batches are taken by index.
"""

import argparse
import gzip
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from contestants.torch_models import digit_cnn


def idx(file):
    """An IDX file as an array: two zero bytes, the type (8: uint8), the number of axes, the sizes, the data."""
    content = gzip.decompress(file.read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">i4", axes, 4)
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy())


def mnist(folder, part):
    images = idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return images.unsqueeze(1).float() / 255, labels.long()


def train_epoch(model, optimizer, images, labels, batch):
    model.train()
    total = 0.0
    for indices in torch.randperm(len(images)).split(batch):
        optimizer.zero_grad(set_to_none=True)
        loss = cross_entropy(model(images[indices]), labels[indices])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(indices)
    return total / len(images)


def accuracy(model, images, labels):
    model.eval()
    with torch.inference_mode():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(1000), labels.split(1000)))
    return right / len(images)


def train(model, training, test, epochs, batch, learning_rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        loss = train_epoch(model, optimizer, *training, batch)
        seconds = time.perf_counter() - start
        print(json.dumps({
            "epoch": epoch, "seconds": round(seconds, 3), "loss": loss, "testAccuracy": accuracy(model, *test),
        }), flush=True)


def arguments(epochs):
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def data_folder():
    folder = os.environ.get("MODELWRIGHT_DATA")
    if not folder:
        raise SystemExit("MODELWRIGHT_DATA is not set: name the folder that holds the data sets.")
    return Path(folder)


if __name__ == "__main__":
    chosen = arguments(epochs=5)
    folder = data_folder() / "mnist"
    torch.manual_seed(chosen.seed)
    train(digit_cnn(), mnist(folder, "train"), mnist(folder, "t10k"), chosen.epochs, chosen.batch, chosen.learning_rate)
