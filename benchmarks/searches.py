"""What the two searches of the judge decide alone, and what in turns, on histories that are hard.

    python -m benchmarks.searches                      # 5 s for each history and search
    python -m benchmarks.searches --seconds 20 --histories 5

A simulation with a seed makes histories in which many calls overlap: each takes effect at a random moment between its
invocation and its response. Some calls never return. A violation is one wrong result near the end, so that a search
must refuse every order of all that came before. Each history is given to `wgl`, to `jit` and to `competition`; where
two of them decide, they must agree. A row of the table has how many histories each decided, and the seconds of all.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from lockproof.core.history import NEVER, PENDING, Call, History
from lockproof.core.verdict import Verdict
from lockproof.histories.named_models import MODELS, RecordedModel
from lockproof.judge import competition, jit, wgl
from lockproof.judge.search import MIB, Budget

SEARCHES = {"wgl": wgl.search, "jit": jit.search, "in turns": competition.search}


@dataclass(frozen=True)
class Kind:
    """A kind of hard history: calls of a model by so many processes, with a share of calls that never return."""

    model: str
    processes: int
    calls: int
    pending: float = 0.0

    @property
    def name(self) -> str:
        pending = f", {self.pending:.0%} pending" if self.pending else ""
        return f"{self.model}, {self.processes} processes, {self.calls:,} calls{pending}"


KINDS = (
    Kind("register", 8, 2000),
    Kind("register", 16, 1000),
    Kind("register", 8, 1000, 0.02),
    Kind("cas-register", 12, 2000),
    Kind("cas-register", 24, 1000),
    Kind("cas-register", 8, 1000, 0.02),
    Kind("counter", 8, 2000),
    Kind("counter", 16, 1000),
    Kind("counter", 8, 1000, 0.02),
    Kind("queue", 3, 200),
    Kind("queue", 6, 60),
    Kind("queue", 4, 60, 0.02),
    Kind("stack", 3, 200),
    Kind("stack", 6, 100),
    Kind("stack", 4, 100, 0.02),
)


def operation(model: str, choose: Random) -> tuple[str, Any, bool]:
    """Return a name, a value, and whether the history has the result of the call."""
    match model:
        case "counter":
            f = choose.choices(("add", "read", "increment"), (6, 1, 1))[0]
            return f, choose.randint(1, 5) if f == "add" else None, f != "add"
        case "queue" | "stack":
            into, out = ("enqueue", "dequeue") if model == "queue" else ("push", "pop")
            into_it = choose.random() < 0.5
            return (into, choose.randrange(10), False) if into_it else (out, None, True)
        case "register":
            return ("read", None, True) if choose.random() < 0.5 else ("write", choose.randrange(5), False)
    f = choose.choices(("read", "write", "cas"), (2, 1, 2))[0]
    value = {"read": None, "write": choose.randrange(5), "cas": [choose.randrange(5), choose.randrange(5)]}[f]
    return f, value, f != "write"


def history(kind: Kind, seed: int, *, violation: bool) -> tuple[RecordedModel, tuple[Call, ...]]:
    """Return a model and a history, with one wrong result near the end if it is to be a violation."""
    choose = Random(seed)
    model = MODELS[kind.model]()
    state = model.initial()
    agenda: list[tuple[float, int, int, dict[str, Any]]] = [(choose.random(), p, 0, {}) for p in range(kind.processes)]
    heapq.heapify(agenda)
    made: list[dict[str, Any]] = []
    processes = kind.processes
    while agenda:
        now, process, step, call = heapq.heappop(agenda)
        if step == 0:
            if len(made) == kind.calls:
                continue
            f, value, told = operation(kind.model, choose)
            call = {"process": process, "f": f, "value": value, "told": told, "invoked": now, "returned": NEVER}
            made.append(call)
            did, _ = model.call(f, value, None)
            # A recorded result of `increment` makes the model give it.
            call["did"] = did._replace(has_result=told) if kind.model == "counter" and f != "read" else did
        elif step == 1:
            call["result"], state = next(iter(model.apply(state, call["did"])))
        elif choose.random() < kind.pending:
            process, processes = processes, processes + 1
        else:
            call["returned"] = now
        after = choose.expovariate(0.2 if step == 0 else 1.0)
        heapq.heappush(agenda, (now + after, process, (step + 1) % 3, call))
    if violation:
        wrong = [each for each in made[: -kind.processes] if each["told"] and each["returned"] < NEVER][-1]
        wrong["result"] = {"counter": lambda was: was + 1000, "cas": lambda was: not was}.get(
            kind.model if kind.model == "counter" else wrong["f"], lambda _: 77
        )(wrong["result"])
    calls = [
        Call(
            each["process"],
            each["did"],
            each["result"] if each["returned"] < NEVER else PENDING,
            each["invoked"],
            each["returned"],
        )
        for each in made
    ]
    return model, History.of(calls).calls


def measured(kind: Kind, histories: int, seconds: float, *, violation: bool) -> Iterator[tuple[str, int, float]]:
    """Yield for each search how many histories of a kind it decided, and the seconds of all."""
    decided = dict.fromkeys(SEARCHES, 0)
    spent = dict.fromkeys(SEARCHES, 0.0)
    for seed in range(histories):
        model, calls = history(kind, seed, violation=violation)
        said = set()
        for name, search in SEARCHES.items():
            began = time.process_time()
            found = search(calls, model, Budget(seconds=seconds, memory=512 * MIB)).verdict
            spent[name] += time.process_time() - began
            if found is not Verdict.UNKNOWN:
                decided[name] += 1
                said.add(found)
        assert len(said) < 2, f"the searches disagree on {kind}, seed {seed}"
    for name in SEARCHES:
        yield name, decided[name], spent[name]


def main(arguments: list[str] | None = None) -> None:
    """Measure all kinds of histories, held and violated, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searches", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--histories", type=int, default=3, help="of each kind, held and violated")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each history and search")
    options = parser.parse_args(arguments)
    gil = "on" if sys._is_gil_enabled() else "off"
    print(f"Python {sys.version.split()[0]}, GIL {gil}; {options.seconds:g} s; of {options.histories}, CPU seconds")
    totals = dict.fromkeys(SEARCHES, 0)
    for kind in KINDS:
        for violation in (False, True):
            row = list(measured(kind, options.histories, options.seconds, violation=violation))
            cells = "".join(f"{decided:5} {spent:8.2f} s" for _, decided, spent in row)
            print(f"{kind.name + (', wrong' if violation else ''):50}{cells}", flush=True)
            for name, decided, _ in row:
                totals[name] += decided
    print(", ".join(f"{name}: {count}" for name, count in totals.items()), "decided")


if __name__ == "__main__":
    main()
