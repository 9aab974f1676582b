"""Trains nanoGPT's configuration for a CPU on tinyshakespeare with PyTorch: the reference for gpt_modelwright.mjs.

4 layers, 4 heads, width 128, blocks of 64 characters, batches of 12, 2,000 steps, no dropout, no biases, tied vectors, learned positions (or rotary ones); AdamW
(fused) from 1e-3 down to 1e-4 by a cosine after 100 steps of warm-up, beta2 0.99, weight decay 0.1 on matrices, gradients
clipped to length 1. MODELWRIGHT_DATA names a folder with tinyshakespeare/input.txt in it. Prints one JSON line a seed: the
seconds of the training, measured eight times on the way, and the loss on the last tenth of the text at the best of those: over
all its blocks one behind the other, and on 20 batches of 12 blocks drawn at random, as nanoGPT estimates it.
"""

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from contestants.torch_models import Gpt

BLOCK, BATCH, WARM_UP, PARTS = 64, 12, 100, 8


def without_biases(model):
    """As nanoGPT with bias=False; weights as it starts them."""
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.LayerNorm)):
            module.bias = None
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            shortcut = name.endswith(("mix.weight", "feed_forward.2.weight"))
            nn.init.normal_(weight, std=0.02 / math.sqrt(8) if shortcut else 0.02)
    return model


def blocks(tokens, starts):
    x = torch.stack([tokens[start : start + BLOCK] for start in starts])
    y = torch.stack([tokens[start + 1 : start + 1 + BLOCK] for start in starts])
    return x, y


def loss_of(model, x, y):
    return cross_entropy(model(x).flatten(0, 1), y.flatten())


def mean_loss(model, tokens, starts, batch):
    with torch.inference_mode():
        total = sum(loss_of(model, *blocks(tokens, part)).item() * len(part) for part in starts.split(batch))
    return total / len(starts)


def learning_rate(step, steps):
    if step < WARM_UP:
        return 1e-3 * (step + 1) / (WARM_UP + 1)
    return 1e-4 + 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (steps - WARM_UP))) * 9e-4


def train(tokens, held, vocabulary, seed, steps, rotary):
    torch.manual_seed(seed)
    model = without_biases(Gpt(vocabulary, BLOCK, width=128, layers=4, heads=4, tied=True, rotary=rotary))
    parameters = [*model.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.99),
        fused=True,
    )
    consecutive = torch.arange(0, len(held) - 1 - BLOCK, BLOCK)
    best, kept = math.inf, None
    start = time.perf_counter()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        optimizer.zero_grad(set_to_none=True)
        loss_of(model, *blocks(tokens, torch.randint(len(tokens) - BLOCK, (BATCH,)))).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if (step + 1) % (steps // PARTS) == 0:
            loss = mean_loss(model, held, consecutive, 64)
            if loss < best:
                best, kept = loss, copy.deepcopy(model.state_dict())
    seconds = time.perf_counter() - start
    model.load_state_dict(kept)
    estimate = mean_loss(model, held, torch.randint(len(held) - BLOCK, (20 * BATCH,)), BATCH)
    return {"seed": seed, "seconds": seconds, "loss": best, "randomBlocksLoss": estimate}


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", default="0,1,2")
parser.add_argument("--iterations", type=int, default=2000)
parser.add_argument("--positions", choices=["rotary", "learned"], default="learned")
arguments = parser.parse_args()
torch.set_num_threads(len(os.sched_getaffinity(0)))
text = (Path(os.environ.get("MODELWRIGHT_DATA", "data")) / "tinyshakespeare" / "input.txt").read_text()
characters = sorted(set(text))
ids = torch.tensor([characters.index(c) for c in text])
end = int(len(ids) * 0.9)
for seed in map(int, arguments.seeds.split(",")):
    rotary = arguments.positions == "rotary"
    print(json.dumps(train(ids[:end], ids[end:], len(characters), seed, arguments.iterations, rotary)), flush=True)
