"""Trains the networks of the task text-classification with PyTorch: the reference for accuracy and an epoch's time.

    python text_torch.py --data DATA [--model text-cnn|bilstm] [--seeds 0,1,2] [--epochs N] [--tokenizer word|character]

Texts are tokenised by encode_texts.mjs, so tokens, vocabulary, networks, starting values, batches by length, the running average of
the parameters and the choice of the epoch (that with the lowest loss on the part dev, where there is one) are those of the task, and so
are the settings unless they are given. Prints a JSON line a seed:
{"seed", "epochSeconds" (the dev part included), "dev" (loss and accuracy of each epoch), "test" (accuracy, macro F1)}.
"""

import argparse
import json
import math
import random
import subprocess
import time
from copy import deepcopy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

LENGTH_STEP = 16
DROPOUT = 0.5
UNKNOWN = 1


class TextCnn(nn.Module):
    """Filters over 3, 4 and 5 neighbouring tokens (Kim, 2014). ids [batch, time], 0 for padding -> [batch, classes]"""

    epochs = 5

    def __init__(self, vocabulary, classes, chosen, filters=100, widths=(3, 4, 5)):
        super().__init__()
        features = chosen.features or (300 if vocabulary > 10_000 else 128)
        self.dropped, self.hidden = chosen.vector_dropout, chosen.token_dropout
        self.tokens = nn.Embedding(vocabulary, features)
        self.convolutions = nn.ModuleList(nn.Conv1d(features, filters, width, padding="same") for width in widths)
        self.logits = nn.Linear(filters * len(widths), classes)

    def forward(self, ids):
        present = (ids != 0).float()[:, None]
        if self.training and self.hidden > 0:
            ids = torch.where((torch.rand(ids.shape) < self.hidden) & (ids != 0), UNKNOWN, ids)
        vectors = F.dropout(self.tokens(ids).transpose(1, 2) * present, self.dropped, self.training)
        found = [(F.relu(convolution(vectors)) * present).amax(2) for convolution in self.convolutions]
        return self.logits(F.dropout(torch.cat(found, 1), DROPOUT, self.training))


class Bilstm(nn.Module):
    """An LSTM in both directions, of each unit the largest state over time. ids [batch, time] -> [batch, classes]"""

    epochs = 4

    def __init__(self, vocabulary, classes, chosen, units=128):
        super().__init__()
        features = chosen.features or 100
        self.tokens = nn.Embedding(vocabulary, features)
        self.lstm = nn.LSTM(features, units, batch_first=True, bidirectional=True)
        self.logits = nn.Linear(2 * units, classes)

    def forward(self, ids):
        present = ids != 0
        vectors = F.dropout(self.tokens(ids), DROPOUT, self.training)
        packed = pack_padded_sequence(vectors, present.sum(1), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=ids.shape[1])
        pooled = states.masked_fill(~present[..., None], -1).amax(1)
        return self.logits(F.dropout(pooled, DROPOUT, self.training))


MODELS = {"text-cnn": TextCnn, "bilstm": Bilstm}


def start_as_modelwright(model, deviation):
    """Token vectors normal, dense layers and filters Glorot uniform with biases 0; LSTMs start alike on both sides."""
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, 0, deviation)
        elif isinstance(module, (nn.Linear, nn.Conv1d)):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


def batches(part, size, generator=None):
    """Texts of about equal length together, in an order of the generator, if there is one."""
    buckets = {}
    for index, ids in enumerate(part["sequences"]):
        length = max(1, math.ceil(len(ids) / LENGTH_STEP)) * LENGTH_STEP
        buckets.setdefault(length, []).append(index)
    found = []
    for length, indices in sorted(buckets.items()):
        if generator:
            generator.shuffle(indices)
        for chosen in (indices[at : at + size] for at in range(0, len(indices), size)):
            rows = [part["sequences"][i] + [0] * (length - len(part["sequences"][i])) for i in chosen]
            found.append((torch.tensor(rows), torch.tensor([part["targets"][i] for i in chosen])))
    if generator:
        generator.shuffle(found)
    return found


def train_epoch(model, average, optimizer, part):
    model.train()
    for ids, targets in part:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(ids), targets).backward()
        optimizer.step()
        average.update_parameters(model)


def measure(model, part, classes):
    """Mean loss, accuracy and macro F1."""
    model.eval()
    counts, loss = torch.zeros(classes, classes), 0.0
    with torch.inference_mode():
        for ids, targets in part:
            logits = model(ids)
            loss += F.cross_entropy(logits, targets, reduction="sum").item()
            counts.index_put_((targets, logits.argmax(1)), torch.ones(len(targets)), accumulate=True)
    right, total = counts.diagonal(), counts.sum().item()
    f1 = (2 * right / (counts.sum(0) + counts.sum(1)).clamp(min=1)).mean().item()
    return {"loss": loss / total, "accuracy": right.sum().item() / total, "macroF1": f1}


def train(data, chosen, seed):
    torch.manual_seed(seed)
    generator, classes = random.Random(seed), len(data["labels"])
    model = MODELS[chosen.model](data["vocabulary"], classes, chosen)
    wide = chosen.model == "text-cnn" and data["vocabulary"] > 10_000
    start_as_modelwright(model, chosen.deviation or (0.1 if wide else 0.05))
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.98))
    optimizer = torch.optim.Adam(model.parameters(), lr=chosen.learning_rate, fused=True)
    dev = batches(data["dev"], 64)
    seconds, measured, best = [], [], None
    for _ in range(chosen.epochs or model.epochs):
        start = time.perf_counter()
        train_epoch(model, average, optimizer, batches(data["train"], chosen.batch, generator))
        measured.append(measure(average, dev, classes) if dev else None)
        seconds.append(round(time.perf_counter() - start, 1))
        if not dev or measured[-1]["loss"] == min(each["loss"] for each in measured):
            best = deepcopy(average.state_dict())
    average.load_state_dict(best)
    test = measure(average, batches(data["test"], 64), classes)
    print(json.dumps({"seed": seed, "epochSeconds": seconds, "dev": measured, "test": test}), flush=True)


def part_of(part, chosen):
    """Those texts of a part whose numbers are chosen."""
    return {name: [value for i, value in enumerate(part[name]) if chosen(i)] for name in ("sequences", "targets")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", choices=MODELS, default="text-cnn")
    parser.add_argument("--tokenizer", default="word")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    trial = parser.add_argument_group("settings that the task does not have, or does not let be changed")
    trial.add_argument("--features", type=int, help="numbers in a token's vector")
    trial.add_argument("--deviation", type=float, help="standard deviation of the starting vectors")
    trial.add_argument("--vector-dropout", type=float, default=0, help="of text-cnn's token vectors")
    trial.add_argument("--token-dropout", type=float, default=0, help="share of text-cnn's tokens taken for unknown")
    trial.add_argument("--hold-out-tenth", action="store_true", help="every tenth training text as the part dev")
    options = parser.parse_args()
    encoder = Path(__file__).parent / "encode_texts.mjs"
    encoded = subprocess.run(
        ["node", encoder, options.data, options.tokenizer, "1", "256"], check=True, capture_output=True,
    )
    texts = json.loads(encoded.stdout)
    if options.hold_out_tenth:
        texts["dev"], texts["train"] = part_of(texts["train"], lambda i: i % 10 == 3), part_of(texts["train"], lambda i: i % 10 != 3)
    for seed in options.seeds.split(","):
        train(texts, options, int(seed))
