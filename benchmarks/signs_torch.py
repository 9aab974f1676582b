"""Trains a small CNN with batch normalisation and dropout on hand signs with PyTorch: the reference for accuracy and time.

MODELWRIGHT_DATA names a folder with sign-digits/ in it. Every 5th file of each class, by sorted name (the 5th, the
10th, ...), is held out for the test. Prints the same JSON lines as accuracy_torch.py.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from accuracy_torch import arguments, data_folder, train

SIZE = 64


def signs_cnn():
    """[batch, 3, 64, 64] -> [batch, 10]; images in 0..1"""
    layers = []
    for inputs, filters in ((3, 16), (16, 32), (32, 64), (64, 128)):
        layers += [
            nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(2),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(128 * 4 * 4, 10))


def sign_digits(folder):
    """(training images, labels), (test images, labels)"""
    decoder = Path(__file__).parent / "decode_images.mjs"
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["node", decoder, folder, str(SIZE), out], check=True)
        images, labels, places = (np.load(Path(out) / f"{name}.npy") for name in ("images", "labels", "places"))
    images = torch.from_numpy(images).float() / 255
    labels = torch.from_numpy(labels).long()
    held_out = torch.from_numpy(places % 5 == 4)
    return (images[~held_out], labels[~held_out]), (images[held_out], labels[held_out])


if __name__ == "__main__":
    chosen = arguments(epochs=20)
    torch.manual_seed(chosen.seed)
    train(signs_cnn(), *sign_digits(data_folder() / "sign-digits"), chosen.epochs, chosen.batch, chosen.learning_rate)
