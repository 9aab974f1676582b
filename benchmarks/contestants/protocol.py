"""The contestant's side of the benchmark protocol (see protocol.mjs), for Python."""

import json
import os
import resource
import sys
import time
import traceback

# Answers own the real standard output; whatever a library prints goes to standard error.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _say(answer):
    _answers.write(json.dumps(answer) + "\n")
    _answers.flush()


def _seconds_of(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _peak_memory_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class _Contestant:
    def __init__(self, rows):
        self.rows = rows
        self.step = None

    def prepare(self, command):
        make = self.rows.get(command["row"])
        if make is None:
            return {"skip": f"no row '{command['row']}'"}

        def first_step():
            self.step = make()
            return self.step()

        seconds, loss = _seconds_of(first_step)
        return {"ok": True, "compileSeconds": seconds, "loss": loss}

    def run(self, command):
        timed = [_seconds_of(self.step) for _ in range(command["steps"])]
        return {"milliseconds": [seconds * 1000 for seconds, _ in timed], "loss": timed[-1][1]}

    def release(self, _):
        self.step = None
        return {"ok": True}

    def exit(self, _):
        return {"peakMemoryBytes": _peak_memory_bytes()}


def serve(name, version, threads, rows):
    """`rows` maps a row's name to a maker, which builds the row's work and gives `step() -> loss`."""
    contestant = _Contestant(rows)
    _say({"ready": {"name": name, "version": version, "threads": threads}})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            _say(getattr(contestant, command["do"])(command))
        except Exception:
            _say({"error": traceback.format_exc()})
        if command["do"] == "exit":
            return
