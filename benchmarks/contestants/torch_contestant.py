"""PyTorch: eager, fused Adam, all cores, or with --cuda the GPU. With --channels-last images and filters lie channels last in memory."""

from protocol import CORES, serve

import itertools
import sys

import torch
from torch.nn.functional import cross_entropy, ctc_loss, log_softmax

from torch_models import Fcos, Gpt, SequenceClassifier, SpeechRecognizer, digit_cnn, mlp, plain_attention, resnet18

BATCHES = 16
CHANNELS_LAST = "--channels-last" in sys.argv
DEVICE = "cuda" if "--cuda" in sys.argv else "cpu"


def batches_of(make):
    """A source of batches: BATCHES of them, made in the computer's memory, each brought to the device when it is asked for."""
    with torch.device("cpu"):
        batches = [make() for _ in range(BATCHES)]
    return ([part.to(DEVICE) for part in batch] for batch in itertools.cycle(batches))


def laid_out(x):
    """The tensor or model in the memory format asked for; only four axes have one."""
    return x.to(memory_format=torch.channels_last) if CHANNELS_LAST else x


def images(shape):
    return laid_out(torch.randn(shape)) if len(shape) == 4 else torch.randn(shape)


def training(make, shape):
    def prepare():
        torch.manual_seed(0)
        model = laid_out(make().train())
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        batches = batches_of(lambda: (images(shape), torch.randint(10, shape[:1])))

        def step():
            x, y = next(batches)
            optimizer.zero_grad(set_to_none=True)
            loss = cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    return prepare


def speech(batch, samples, labels):
    def prepare():
        torch.manual_seed(0)
        model = SpeechRecognizer(11).train()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        batches = batches_of(lambda: (torch.rand(batch, samples), torch.randint(1, 11, (batch, labels))))
        lengths = torch.full((batch,), labels)

        def step():
            x, y = next(batches)
            optimizer.zero_grad(set_to_none=True)
            said = log_softmax(model(x), 2).transpose(0, 1)
            loss = ctc_loss(said, y, torch.full((batch,), len(said)), lengths, reduction="sum") / batch
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    return prepare


def language(batch, length, vocabulary, **sizes):
    def prepare():
        torch.manual_seed(0)
        model = Gpt(vocabulary, length, **sizes).train()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        ids = lambda: torch.randint(vocabulary, (batch, length))
        batches = batches_of(lambda: (ids(), ids()))

        def step():
            x, y = next(batches)
            optimizer.zero_grad(set_to_none=True)
            loss = cross_entropy(model(x).flatten(0, 1), y.flatten())
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    return prepare


def decoding(length, vocabulary, **sizes):
    def prepare():
        torch.manual_seed(0)
        model = Gpt(vocabulary, length, **sizes).eval()

        def step():
            with torch.inference_mode():
                return [*model.decode(torch.tensor([[1]]), length)][-1]

        return step

    return prepare


def prediction(make, shape):
    def prepare():
        torch.manual_seed(0)
        model = laid_out(make().eval())
        x = images(shape)

        def step():
            with torch.inference_mode():
                return model(x).sum().item()

        return step

    return prepare


def convolution():
    torch.manual_seed(0)
    x = images((16, 64, 32, 32)).requires_grad_()
    weight = images((128, 64, 3, 3)).requires_grad_()

    def step():
        y = torch.conv2d(x, weight, padding=1)
        loss = y.square().mean()
        torch.autograd.grad(loss, (x, weight))
        return loss.item()

    return step


ROWS = {
    "digit-cnn-64": training(digit_cnn, (64, 1, 28, 28)),
    "digit-cnn-32": training(digit_cnn, (32, 1, 28, 28)),
    "mlp-64": training(mlp, (64, 784)),
    "conv-layer": convolution,
    "resnet18-16": training(resnet18, (16, 3, 64, 64)),
    "resnet18-64": training(resnet18, (64, 3, 64, 64)),
    "lstm-32": training(SequenceClassifier, (32, 100, 64)),
    "speech-16": speech(16, 24_000, 5),
    "transformer": language(16, 128, 10_000, width=256, layers=4, heads=4, tied=False),
    "transformer-large": language(16, 256, 10_000, width=512, layers=8, heads=8, tied=False),
    "gpt": language(12, 64, 65, width=128, layers=4, heads=4, tied=True),
    "gpt-rotary": language(12, 64, 65, width=128, layers=4, heads=4, tied=True, rotary=True),
    "gpt-unfused": language(12, 64, 65, width=128, layers=4, heads=4, tied=True, attention=plain_attention),
    "predict-digit-cnn-1": prediction(digit_cnn, (1, 1, 28, 28)),
    "predict-digit-cnn-64": prediction(digit_cnn, (64, 1, 28, 28)),
    "predict-resnet18-1": prediction(resnet18, (1, 3, 64, 64)),
    "predict-speech": prediction(lambda: SpeechRecognizer(11), (1, 24_000)),
    "predict-detector": prediction(lambda: Fcos(3), (1, 3, 240, 320)),
    "decode": decoding(128, 10_000, width=256, layers=4, heads=4, tied=True),
}
if CHANNELS_LAST:
    for name in ("mlp-64", "lstm-32", "speech-16", "transformer", "transformer-large", "gpt", "gpt-rotary", "gpt-unfused", "predict-speech", "decode"):
        del ROWS[name]
torch.set_num_threads(CORES)
torch.set_default_device(DEVICE)
serve("PyTorch", torch.__version__, CORES, ROWS)
