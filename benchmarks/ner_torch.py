"""Trains a character BiLSTM-CRF on named entities with PyTorch: the reference for the tagger's strict F1 and time an epoch.

--data names a folder with train.conll and test.conll, as split_msra.mjs makes it. The model, its settings, the vocabulary, the
batches (sentences of about equal length, padded to multiples of 16), the clipping of gradients and the fall of the rate are those of
Modelwright's `bilstm-crf`. Prints a JSON line an epoch: {"epoch", "seconds" (training alone), "cpuSeconds" (of all threads), "loss",
"precision", "recall", "f1"}.
"""

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

import torch
from torch import nn

PADDING, UNKNOWN, FIRST = 0, 1, 2
STEP = 16


def sentences_of(file):
    """Each sentence of a CoNLL file as its tokens and its tags."""
    sentences = []
    for block in file.read_text("utf8").split("\n\n"):
        rows = [line.split() for line in block.splitlines() if line.strip()]
        if rows:
            sentences.append(([row[0] for row in rows], [row[1] for row in rows]))
    return sentences


def entities(tags):
    """(type, start, end) of each entity of BIO tags; an I- that nothing goes before begins one."""
    found, open_type, start = set(), None, 0
    for position, tag in enumerate([*tags, "O"]):
        mark, _, kind = tag.partition("-")
        if open_type is not None and (mark != "I" or kind != open_type):
            found.add((open_type, start, position))
            open_type = None
        if mark == "B" or (mark == "I" and open_type is None):
            open_type, start = kind, position
    return found


class Crf(nn.Module):
    """A linear-chain conditional random field; all sentences of a batch and all tags at once, one step a position."""

    def __init__(self, tags):
        super().__init__()
        self.transitions = nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))
        self.starts = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.ends = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))

    def loss(self, emissions, target, mask):
        """Mean negative log-likelihood. emissions [batch, time, tags], target [batch, time], mask [batch, time]"""
        message = self.starts + emissions[:, 0]
        for t in range(1, emissions.shape[1]):
            onward = torch.logsumexp(message.unsqueeze(2) + self.transitions, 1) + emissions[:, t]
            message = torch.where(mask[:, t, None], onward, message)
        partition = torch.logsumexp(message + self.ends, 1)
        weight = mask.float()
        own = emissions.gather(2, target.unsqueeze(2)).squeeze(2)
        steps = self.transitions[target[:, :-1], target[:, 1:]] * weight[:, 1:]
        last = target.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)
        score = self.starts[target[:, 0]] + (own * weight).sum(1) + steps.sum(1) + self.ends[last]
        return (partition - score).mean()

    def decode(self, emissions, lengths):
        """The best tags of each sentence (Viterbi)."""
        message, choices = self.starts + emissions[:, 0], []
        messages = [message]
        for t in range(1, emissions.shape[1]):
            best, choice = (message.unsqueeze(2) + self.transitions).max(1)
            message = best + emissions[:, t]
            messages.append(message)
            choices.append(choice)
        sequences = []
        for row, length in enumerate(lengths):
            tag = int((messages[length - 1][row] + self.ends).argmax())
            sequence = [tag]
            for t in range(length - 2, -1, -1):
                tag = int(choices[t][row, tag])
                sequence.append(tag)
            sequences.append(sequence[::-1])
        return sequences


class Tagger(nn.Module):
    def __init__(self, vocabulary, tags, features, units, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.lstm = nn.LSTM(features, units, batch_first=True, bidirectional=True)
        self.emissions = nn.Linear(2 * units, tags)
        self.drop = nn.Dropout(dropout)
        self.crf = Crf(tags)

    def forward(self, ids, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.drop(self.embedding(ids)), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=ids.shape[1])
        return self.emissions(self.drop(states))


def batches_of(sentences, size, shuffle):
    """Numbers of sentences, those of one padded length together."""
    buckets = defaultdict(list)
    for index, (ids, _) in enumerate(sentences):
        buckets[-(-len(ids) // STEP) * STEP].append(index)
    batches = []
    for length, bucket in sorted(buckets.items()):
        if shuffle:
            random.shuffle(bucket)
        batches += [(length, bucket[i : i + size]) for i in range(0, len(bucket), size)]
    if shuffle:
        random.shuffle(batches)
    return batches


def tensors(sentences, length, indices):
    ids = torch.full((len(indices), length), PADDING)
    target = torch.zeros(len(indices), length, dtype=torch.long)
    for row, index in enumerate(indices):
        own, tags = sentences[index]
        ids[row, : len(own)] = torch.tensor(own)
        target[row, : len(tags)] = torch.tensor(tags)
    lengths = torch.tensor([len(sentences[index][0]) for index in indices])
    return ids, target, lengths


def train_epoch(model, optimizer, schedule, sentences, batch):
    model.train()
    total = 0.0
    for length, indices in batches_of(sentences, batch, shuffle=True):
        ids, target, lengths = tensors(sentences, length, indices)
        optimizer.zero_grad(set_to_none=True)
        loss = model.crf.loss(model(ids, lengths), target, ids != PADDING)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        schedule.step()
        total += loss.item() * len(indices)
    return total / len(sentences)


def scores(model, sentences, labels):
    model.eval()
    right = found = there = 0
    with torch.inference_mode():
        for length, indices in batches_of(sentences, 64, shuffle=False):
            ids, _, lengths = tensors(sentences, length, indices)
            for index, tags in zip(indices, model.crf.decode(model(ids, lengths), lengths.tolist())):
                guess = entities([labels[tag] for tag in tags])
                truth = entities([labels[tag] for tag in sentences[index][1]])
                right, found, there = right + len(guess & truth), found + len(guess), there + len(truth)
    precision, recall = right / max(found, 1), right / max(there, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * right / max(found + there, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=5e-3)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    raw = {part: sentences_of(options.data / f"{part}.conll") for part in ("train", "test")}
    counts = Counter(token for tokens, _ in raw["train"] for token in tokens)
    vocabulary = {token: FIRST + i for i, token in enumerate(sorted(t for t, n in counts.items() if n >= 2))}
    labels = sorted({tag for _, tags in raw["train"] for tag in tags})
    numbers = {label: i for i, label in enumerate(labels)}
    data = {
        part: [([vocabulary.get(t, UNKNOWN) for t in tokens], [numbers[t] for t in tags]) for tokens, tags in sentences]
        for part, sentences in raw.items()
    }
    model = Tagger(FIRST + len(vocabulary), len(labels), options.features, options.units, options.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True)
    steps = options.epochs * len(batches_of(data["train"], options.batch, shuffle=False))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(1, options.epochs + 1):
        start, cpu = time.perf_counter(), time.process_time()
        loss = train_epoch(model, optimizer, schedule, data["train"], options.batch)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        line = {"epoch": epoch, "seconds": round(seconds, 1), "cpuSeconds": round(cpu, 1), "loss": loss, **scores(model, data["test"], labels)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
