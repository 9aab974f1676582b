"""The benchmarked networks in PyTorch."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def digit_cnn():
    """[batch, 1, 28, 28] -> [batch, 10]; 'valid' convolutions."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10),
    )


def mlp():
    """[batch, 784] -> [batch, 10]"""
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


class SequenceClassifier(nn.Module):
    """[batch, time, 64] -> [batch, 10], from the last state of an LSTM."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        _, (hidden, _) = self.lstm(x)
        return self.head(hidden[-1])


class SpeechRecognizer(nn.Module):
    """Sound [batch, samples] -> [batch, steps, classes]; a spectrogram of 40 rows every 10 ms, of 8 kHz."""

    def __init__(self, classes):
        super().__init__()
        self.register_buffer("window", torch.hann_window(200))
        self.register_buffer("filters", torch.rand(40, 129) / 129)  # as much work as triangles are
        self.levels = nn.BatchNorm1d(40)
        self.convolutions = nn.Sequential(*(
            layer for inputs, stride in ((40, 2), (96, 2), (96, 1))
            for layer in (nn.ConstantPad1d((4, 0), 0), nn.Conv1d(inputs, 96, 5, stride, bias=False), nn.BatchNorm1d(96), nn.ReLU())
        ))
        self.gru = nn.GRU(96, 128, batch_first=True)
        self.head = nn.Linear(96 + 128, classes)

    def forward(self, x):
        spectrum = torch.stft(x, 256, 80, 200, self.window, center=False, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        levels = self.levels((self.filters @ power).clamp(min=1e-6).log())
        near = self.convolutions(levels).transpose(1, 2)
        return self.head(torch.cat([near, self.gru(near)[0]], 2))


class BasicBlock(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters),
        )
        self.shortcut = nn.Identity() if inputs == filters and stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.main(x) + self.shortcut(x))


def resnet18(classes=10):
    """[batch, 3, height, width] -> [batch, classes]; the structure of torchvision's resnet18."""
    layers = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
    ]
    inputs = 64
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [BasicBlock(inputs, filters, stride), BasicBlock(filters, filters, 1)]
        inputs = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def normed(inputs, filters, size=3, stride=1, relu=True):
    layers = [nn.Conv2d(inputs, filters, size, stride, size // 2, bias=False), nn.BatchNorm2d(filters)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Fcos(nn.Module):
    """A detector: pictures [batch, 3, height, width] -> rows [batch, points, 4 sides + centreness + classes]."""

    def __init__(self, classes, features=64):
        super().__init__()
        self.stem, inputs, self.stages = normed(3, 16, stride=2), 16, nn.ModuleList()
        for filters, blocks in ((32, 1), (64, 2), (128, 2), (192, 1)):
            strides = [2] + [1] * (blocks - 1)
            self.stages.append(nn.Sequential(*(
                BasicBlock(inputs if i == 0 else filters, filters, stride) for i, stride in enumerate(strides)
            )))
            inputs = filters
        self.sides = nn.ModuleList(nn.Conv2d(width, features, 1) for width in (64, 128, 192))
        self.outs = nn.ModuleList(normed(features, features) for _ in range(3))
        towers = [nn.ModuleList(nn.Conv2d(features, features, 3, 1, 1, bias=False) for _ in range(2)) for _ in range(2)]
        self.towers = nn.ModuleList(towers)
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(features) for _ in range(4)) for _ in range(3))
        self.classes, self.boxes, self.quality = (nn.Conv2d(features, n, 3, 1, 1) for n in (classes, 4, 1))
        for head in (self.classes, self.boxes, self.quality):
            nn.init.normal_(head.weight, std=0.01)
        nn.init.constant_(self.classes.bias, -math.log(99))

    def forward(self, images):
        x, found, levels, above = self.stem(images), [], [], None
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        for i in (2, 1, 0):
            side = self.sides[i](found[i + 1])
            if above is not None:
                larger = F.interpolate(above, scale_factor=2, mode="nearest")
                side = side + larger[..., : side.shape[2], : side.shape[3]]
            above = side
            levels.insert(0, self.outs[i](above))
        rows = []
        for i, level in enumerate(levels):
            ends = []
            for tower, layers in enumerate(self.towers):
                y = level
                for depth, layer in enumerate(layers):
                    y = F.relu(self.norms[i][2 * tower + depth](layer(y)))
                ends.append(y)
            sides = self.boxes(ends[1]).clamp(max=6).exp() * 8 * 2**i
            rows.append(torch.cat([sides, self.quality(ends[1]), self.classes(ends[0])], 1).flatten(2).transpose(1, 2))
        return torch.cat(rows, 1)


def plain_attention(q, k, v):
    """Causal attention by products and a softmax, as nanoGPT computes it where there is no flash attention."""
    scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
    later = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).triu(1)
    return scores.masked_fill(later, float("-inf")).softmax(-1) @ v


def fused_attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Rotary(nn.Module):
    """Turns [batch, heads, time, features] by its positions: features i and i + features / 2 together."""

    def __init__(self, length, features):
        super().__init__()
        angles = torch.arange(length)[:, None] * 10_000.0 ** (-torch.arange(0, features, 2) / features)
        self.register_buffer("cosines", angles.cos().repeat(1, 2), persistent=False)
        self.register_buffer("sines", angles.sin().repeat(1, 2), persistent=False)

    def forward(self, x):
        time = x.shape[-2]
        first, second = x.chunk(2, -1)
        return x * self.cosines[:time] + torch.cat([-second, first], -1) * self.sines[:time]


class Block(nn.Module):
    """A layer of nanoGPT: the normalisation in front, causal attention, GELU."""

    def __init__(self, width, heads, attention, rotary):
        super().__init__()
        self.heads, self.attention, self.rotary = heads, attention, rotary
        self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projections, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def project(self, x):
        parts = self.projections(self.attention_norm(x)).chunk(3, -1)
        return (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)

    def add(self, x, attended):
        x = x + self.mix(attended.transpose(1, 2).flatten(2))
        return x + self.feed_forward(self.norm(x))

    def forward(self, x):
        q, k, v = self.project(x)
        if self.rotary:
            q, k = self.rotary(q), self.rotary(k)
        return self.add(x, self.attention(q, k, v))

    def advance(self, x, keys, values, position):
        """One token further: `keys` and `values` [batch, heads, length, features] hold those before `position`."""
        q, k, v = self.project(x)
        keys[:, :, position], values[:, :, position] = k[:, :, 0], v[:, :, 0]
        seen = position + 1
        return self.add(x, F.scaled_dot_product_attention(q, keys[:, :, :seen], values[:, :, :seen]))


class Gpt(nn.Module):
    """[batch, time] -> [batch, time, vocabulary]"""

    def __init__(self, vocabulary, length, width, layers, heads, tied, attention=fused_attention, rotary=False):
        super().__init__()
        self.length, self.width, self.heads = length, width, heads
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = None if rotary else nn.Embedding(length, width)
        turn = Rotary(length, width // heads) if rotary else None
        self.blocks = nn.Sequential(*(Block(width, heads, attention, turn) for _ in range(layers)), nn.LayerNorm(width))
        self.logits = nn.Linear(width, vocabulary, bias=False)
        for vectors in (self.tokens, self.positions):
            if vectors:
                nn.init.normal_(vectors.weight, std=0.02)
        if tied:
            self.logits.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids)
        if self.positions:
            x = x + self.positions(torch.arange(ids.shape[1]))
        return self.logits(self.blocks(x))

    def decode(self, token, count):
        """The `count` most likely tokens after one, each [1, 1], keys and values kept in arrays made once."""
        *blocks, norm = self.blocks
        shape = (1, self.heads, self.length, self.width // self.heads)
        caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in blocks]
        for position in range(count):
            x = self.tokens(token) + self.positions.weight[position]
            for block, (keys, values) in zip(blocks, caches):
                x = block.advance(x, keys, values, position)
            token = self.logits(norm(x)).argmax(-1)
            yield token.item()
