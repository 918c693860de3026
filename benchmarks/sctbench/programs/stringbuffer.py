"""stringbuffer: append asks another buffer for its length, then for that many characters, which may be gone."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Buffer:
    """Every method is one step on its own buffer; `append` is two steps on the other one."""

    def __init__(self, text: str) -> None:
        self.lock = threading.Lock()
        self.text = text

    def length(self) -> int:
        with self.lock:
            return len(self.text)

    def get_chars(self, begin: int, end: int) -> str:
        with self.lock:
            assert end <= len(self.text)
            return self.text[begin:end]

    def erase(self, begin: int, end: int) -> None:
        with self.lock:
            self.text = self.text[:begin] + self.text[end:]

    def append(self, other: Buffer) -> None:
        with self.lock:
            self.text += other.get_chars(0, other.length())


class OneStepBuffer(Buffer):
    """The mended one: the other buffer stays locked from its length to its characters."""

    def append(self, other: Buffer) -> None:
        with self.lock, other.lock:
            self.text += other.text


class Shared:
    """What is appended to what, and the text that comes in its place."""

    def __init__(self, kind: type[Buffer]) -> None:
        self.source = kind("abc")
        self.target = kind("")
        self.addition = kind("ABC")


def _append(s: Shared) -> None:
    s.target.append(s.source)


def _replace(s: Shared) -> None:
    s.source.erase(0, 3)
    s.source.append(s.addition)


def broken() -> None:
    # fails: append learns the length 3 | replace erases | append asks for 3 characters of none
    run(Shared(Buffer), _append, _replace)


def mended() -> None:
    run(Shared(OneStepBuffer), _append, _replace)
