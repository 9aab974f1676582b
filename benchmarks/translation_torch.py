"""Trains the Transformer of `modelwright train translation` with PyTorch: the reference for an epoch's time and for BLEU.

MODELWRIGHT_DATA names a folder with tatoeba-cmn-eng/cmn.txt.gz in it. Tokens, buckets and batches come from encode_pairs.mjs, so both
train on the same; every 20th pair is held out, and those are measured whose source does not stand in the training data. Prints one
JSON line an epoch, {"epoch", "seconds" (training alone), "loss"}, and at the end {"bleu"}: of characters, greedy decoding.
"""

import argparse
import json
import math
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from accuracy_torch import data_folder

PADDING, BEGIN, END = 0, 2, 3


class Translator(nn.Module):
    """Sinusoidal positions, normalisation in front, logits by the target's own vectors."""

    def __init__(self, source, target, width=256, layers=3, heads=4, dropout=0.1):
        super().__init__()
        self.source = nn.Embedding(source, width)
        self.target = nn.Embedding(target, width)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, std=width**-0.5)
        self.transformer = nn.Transformer(
            width, heads, layers, layers, 4 * width, dropout, "relu", batch_first=True, norm_first=True
        )
        self.dropout = nn.Dropout(dropout)
        angles = torch.arange(256)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], 2).flatten(1))

    def embed(self, table, ids):
        vectors = table(ids) * table.embedding_dim**0.5
        return self.dropout(vectors + self.positions[: ids.shape[1]])

    def encode(self, source):
        return self.transformer.encoder(self.embed(self.source, source), src_key_padding_mask=source == PADDING)

    def decode(self, memory, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        hidden = self.transformer.decoder(
            self.embed(self.target, target), memory, tgt_mask=mask, tgt_is_causal=True,
            memory_key_padding_mask=source == PADDING,
        )
        return hidden @ self.target.weight.T

    def forward(self, source, target):
        return self.decode(self.encode(source), source, target)


def filled(rows, length, count):
    result = torch.zeros(count, length, dtype=torch.long)
    for row, ids in enumerate(rows):
        result[row, : len(ids)] = torch.tensor(ids)
    return result


def batches(data, shuffle):
    """(source, decoder input, target) of each batch of an epoch, in the shapes that Modelwright trains on."""
    plan = []
    for bucket, (source_length, target_length) in zip(data["buckets"], data["padded"]):
        order = list(range(len(bucket["source"])))
        shuffle(order)
        for first in range(0, len(order), bucket["rows"]):
            plan.append((bucket, order[first : first + bucket["rows"]], source_length, target_length))
    shuffle(plan)
    for bucket, chosen, source_length, target_length in plan:
        source = filled([bucket["source"][i] for i in chosen], source_length, bucket["rows"])
        target = filled([bucket["target"][i] for i in chosen], target_length, bucket["rows"])
        begin = torch.full((len(target), 1), BEGIN)
        yield source, torch.cat([begin, target[:, :-1]], 1), target


def learning_rate(step, steps, warmup, peak):
    """The cosine decay of Modelwright, the step counted from 0."""
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return peak * (1 + math.cos(math.pi * min((step - warmup) / (steps - warmup), 1))) / 2


def translate(model, sources, limit=64):
    """Greedy decoding of ids, all that was made computed anew at each step."""
    model.eval()
    results = [None] * len(sources)
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    with torch.inference_mode():
        for first in range(0, len(order), 64):
            part = order[first : first + 64]
            source = filled([sources[i] for i in part], max(len(sources[i]) for i in part), len(part))
            memory = model.encode(source)
            made = torch.full((len(part), 1), BEGIN)
            for _ in range(limit):
                made = torch.cat([made, model.decode(memory, source, made)[:, -1:].argmax(2)], 1)
                if (made == END).any(1).all():
                    break
            for row, i in zip(made.tolist(), part):
                results[i] = row[1 : row.index(END)] if END in row else row[1:]
    return results


def bleu(hypotheses, references, most=4):
    """BLEU of characters, white space left out, over a whole corpus."""
    shared, total, lengths = [0] * most, [0] * most, [0, 0]
    for pair in zip(hypotheses, references):
        texts = [[char for char in text if not char.isspace()] for text in pair]
        lengths = [sofar + len(text) for sofar, text in zip(lengths, texts)]
        for order in range(1, most + 1):
            own, other = (Counter(zip(*(text[i:] for i in range(order)))) for text in texts)
            shared[order - 1] += (own & other).total()
            total[order - 1] += own.total()
    if 0 in shared:
        return 0.0
    precision = math.exp(sum(math.log(a / b) for a, b in zip(shared, total)) / most)
    return 100 * min(1, math.exp(1 - lengths[1] / lengths[0])) * precision


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--stop-after", type=int, default=0, help="epochs after which to stop all the same; 0: none")
    parser.add_argument("--vocabulary", type=int, default=4000)
    parser.add_argument("--batch-tokens", type=int, default=2500)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    file = data_folder() / "tatoeba-cmn-eng" / "cmn.txt.gz"
    encoder = Path(__file__).parent / "encode_pairs.mjs"
    command = ["node", encoder, file, str(chosen.vocabulary), str(chosen.batch_tokens)]
    data = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    torch.manual_seed(chosen.seed)
    shuffle = random.Random(chosen.seed).shuffle
    model = Translator(data["sourceVocabulary"], len(data["targetTokens"]))
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9, fused=True)
    steps_per_epoch = sum(math.ceil(len(each["source"]) / each["rows"]) for each in data["buckets"])
    step, steps = 0, chosen.epochs * steps_per_epoch
    for epoch in range(1, chosen.epochs + 1):
        model.train()
        start, total, tokens = time.perf_counter(), 0.0, 0
        for source, given, target in batches(data, shuffle):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps, min(chosen.warmup, steps // 10), chosen.learning_rate)
            step += 1
            optimizer.zero_grad(set_to_none=True)
            logits = model(source, given).flatten(0, 1)
            loss = cross_entropy(logits, target.flatten(), ignore_index=PADDING, label_smoothing=0.1)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            count = int((target != PADDING).sum())
            total, tokens = total + loss.item() * count, tokens + count
        seconds = time.perf_counter() - start
        print(json.dumps({"epoch": epoch, "seconds": round(seconds, 2), "loss": total / tokens}), flush=True)
        if epoch == chosen.stop_after:
            break
    found = translate(model, [each["source"] for each in data["test"]])
    texts = ["".join(data["targetTokens"][i] for i in ids if i > END) for ids in found]
    print(json.dumps({"bleu": bleu(texts, [each["reference"] for each in data["test"]])}), flush=True)


if __name__ == "__main__":
    main()
