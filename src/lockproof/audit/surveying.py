"""Finds what a package has to check: asks a child that imports its modules, and chooses a public name for each thing.

An import may end the process, or never end. The child says which import begins, so it is known which one is at fault,
and a new child goes on with the modules after it. A thing with several names is checked once, by the shortest of them,
which is the name that a user would import.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from lockproof.audit.modules import Modules
from lockproof.core.codec import decode
from lockproof.core.survey import Contents, Export, FoundTarget, NoTarget, Survey
from lockproof.engines.threads.patience import Patience

LONGEST_IMPORT: Final = 30.0
"""Seconds after which an import counts as one that never ends."""

_START: Final = 60.0
"""Seconds that the interpreter of the child may take to start."""

_POLL: Final = 0.25
"""Seconds between two looks at what the child does. On a busy machine it gets more time (`Patience`)."""

INSIDE: Final = "modules inside of a package that does not import"
NOTHING: Final = "modules without anything to check"


def survey_of(asked: str, modules: Modules, *, longest: float = LONGEST_IMPORT) -> Survey:
    """Import the modules in a child, and return what they have to check; `longest` is in seconds, for each import."""
    contents, broken, inside = [], [], []
    for answer in _answers(modules, longest):
        match answer:
            case Contents():
                contents.append(answer)
            case NoTarget(why=why) if why == INSIDE:
                inside.append(answer)
            case NoTarget():
                broken.append(answer)
    found, left_out = _chosen(contents)
    return Survey(asked, found, (*modules.left_out, *left_out, *inside), tuple(broken))


def _answers(modules: Modules, longest: float) -> Iterator[Contents | NoTarget]:
    waiting = list(modules.names)
    while waiting:
        last = None
        for answer in _child(waiting, modules.package, longest):
            last = answer.module if isinstance(answer, Contents) else answer.name
            waiting = waiting[waiting.index(last) + 1 :]
            yield answer
            if isinstance(answer, NoTarget):
                for name in (lost := [each for each in waiting if _is_inside(each, answer.name)]):
                    yield NoTarget(name, INSIDE)
                waiting = [each for each in waiting if each not in lost]
                if lost:
                    break
        if last is None:
            return


def _is_inside(name: str, package: str) -> bool:
    folder = package.removesuffix("__init__.py")
    return name.startswith(folder if folder != package else f"{package}.")


def _child(names: Sequence[str], package: str, longest: float) -> Iterator[Contents | NoTarget]:
    """Yield the answers of one child. The last one is on the module that ended it or did not end, if there is one."""
    with tempfile.TemporaryFile() as errors:
        paths = [str(Path.cwd()), str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        child = subprocess.Popen(
            [sys.executable, "-m", "lockproof.audit.listing.lister"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True, encoding="utf-8", start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        assert child.stdin is not None and child.stdout is not None
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(child.stdout, lines), daemon=True)
        reader.start()
        begun = ""
        try:
            with contextlib.suppress(OSError):
                child.stdin.write(json.dumps({"modules": list(names), "package": package}) + "\n")
                child.stdin.flush()
            while True:
                line = _next(lines, Patience(longest if begun else _START, child.pid))
                if line is None:
                    why = f"its import did not end within {longest:g} s"
                    yield NoTarget(begun or names[0], why if begun else "the process for the imports did not start")
                    return
                message: dict[str, Any] = json.loads(line) if line.endswith("\n") else {}
                if "begins" in message:
                    begun = message["begins"]
                elif "contents" in message:
                    begun = ""
                    yield decode(Contents, message["contents"])
                elif "broken" in message:
                    begun = ""
                    yield decode(NoTarget, message["broken"])
                else:
                    if begun or child.wait(_START):
                        yield NoTarget(begun or names[0], f"its import ended the process, with status {child.wait()}")
                    return
        finally:
            _end(child)
            reader.join(_START)
            child.stdin.close()
            child.stdout.close()


def _next(lines: queue.SimpleQueue[str], patience: Patience) -> str | None:
    """Return the next line; None if the child hangs, which is more than that a busy machine keeps it waiting."""
    while True:
        with contextlib.suppress(queue.Empty):
            return lines.get(timeout=_POLL)
        if patience.over():
            return None


def _read(stream: Iterable[str], lines: queue.SimpleQueue[str]) -> None:
    """Hand on the lines, and at the end an empty one."""
    with contextlib.suppress(ValueError):
        for line in stream:
            lines.put(line)
    lines.put("")


def _end(child: subprocess.Popen[str]) -> None:
    """End the child, and all that it has started: they have a session of their own."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _chosen(contents: Sequence[Contents]) -> tuple[tuple[FoundTarget, ...], tuple[NoTarget, ...]]:
    """Return the targets with their public names, and what is left out."""
    named: dict[str, list[tuple[str, Export]]] = {}
    for each in contents:
        for export in each.exports:
            named.setdefault(export.home, []).append((f"{each.module}:{export.name}", export))
    classes = {home: same for home, same in named.items() if not same[0][1].kind}
    checked = {home for home, same in classes.items() if not same[0][1].why and not same[0][1].needs}
    found, left_out = [], []
    for home, same in named.items():
        first, *others = sorted(same, key=_publicity(home))
        why = first[1].why
        if not why and first[1].kind in checked:
            why = "objects of a class that is checked"
        if why:
            left_out.append(NoTarget(first[0], why))
        else:
            found.append(FoundTarget(first[0], tuple(name for name, _ in others)))
    for each in contents:
        if each.functions and not each.stateless:
            found.append(FoundTarget(each.module))
        elif each.functions:
            left_out.append(NoTarget(each.module, f"modules with {each.stateless}"))
        elif not each.exports:
            left_out.append(NoTarget(each.module, NOTHING))
    return tuple(sorted(found, key=lambda each: each.target)), tuple(left_out)


def _publicity(home: str) -> Callable[[tuple[str, Export]], tuple[Any, ...]]:
    """Return what sorts the names of one thing: its own name first, then the outermost module, then where it lives.

    Before all of these come the names of an object under which it can be checked.
    """
    own, module = home.rpartition(":")[2], home.partition(":")[0]

    def key(named: tuple[str, Export]) -> tuple[Any, ...]:
        target, export = named
        place = target.rpartition(":")[0]
        depth = place.removesuffix("/__init__.py").count("/" if place.endswith(".py") else ".")
        return bool(export.why), export.name != own, depth, place != module, target

    return key
