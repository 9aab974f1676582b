"""Hugging Face tokenizers (Rust) from Python: encode_batch on all lines at once, which uses all cores."""

from protocol import CORES, serve

from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SOURCES = Path(__file__).parents[2] / "packages" / "modelwright" / "src"


def corpus():
    """The text of corpus.mjs."""
    files = sorted((path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.ts")))
    return "".join((SOURCES / file).read_text() for file in files)[:1_000_000].split("\n")


def learn(lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4000, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def encoding():
    lines = corpus()
    tokenizer = learn(lines)
    return lambda: sum(len(encoding.ids) for encoding in tokenizer.encode_batch(lines))


def training():
    lines = corpus()
    return lambda: learn(lines).get_vocab_size()


serve("Hugging Face tokenizers", tokenizers.__version__, CORES, {"tokenize": encoding, "tokenizer-train": training})
