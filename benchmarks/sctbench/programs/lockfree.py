"""Two structures without locks: a stack whose nodes come back (ABA), and a reader that gives up looking twice."""

from __future__ import annotations

from benchmarks.sctbench.programs._run import Atomic, run

NONE = -1
WRITES = 4
LOOKS = 3


class Treiber:
    """A stack of three nodes by index (Treiber 1986); `used` says which ones somebody has."""

    def __init__(self) -> None:
        self.following = [1, 2, NONE]
        self.head = Atomic(0)
        self.taken: list[int] = []
        self.used = [False, False, False]

    def pop(self) -> int:
        while True:
            node = self.head.value
            if node == NONE:
                return NONE
            if self.head.compare_and_swap(node, self.following[node]):
                return node

    def push(self, node: int) -> None:
        while True:
            head = self.head.value
            self.following[node] = head
            if self.head.compare_and_swap(head, node):
                return

    def use(self, node: int) -> None:
        """Have a node for oneself."""
        assert not self.used[node]
        self.used[node] = True


class Stamped(Treiber):
    """The mended one: the head has a number beside the node, and no pair comes back."""

    def pop(self) -> int:
        while True:
            word = self.head.value
            node = word % 4 - 1 if word >= 4 else word
            if node == NONE:
                return NONE
            following = self.following[node]
            if self.head.compare_and_swap(word, word - word % 4 + 4 + following + 1):
                return node

    def push(self, node: int) -> None:
        while True:
            word = self.head.value
            self.following[node] = word % 4 - 1 if word >= 4 else word
            if self.head.compare_and_swap(word, word - word % 4 + 4 + node + 1):
                return


def _take_one(s: Treiber) -> None:
    node = s.pop()
    if node != NONE:
        s.use(node)
    node = s.pop()
    if node != NONE:
        s.use(node)


def _take_two_and_give_one_back(s: Treiber) -> None:
    one, other = s.pop(), s.pop()
    if other != NONE:
        s.use(other)
    if one != NONE:
        s.push(one)


def aba_broken() -> None:
    # fails: one reads head 0 and what follows it, 1 | the other pops 0 and 1, keeps 1, pushes 0 | one swaps 0 for 1: 1
    # is in the stack again, and is taken twice
    run(Treiber(), _take_one, _take_two_and_give_one_back)


def aba_mended() -> None:
    run(Stamped(), _take_one, _take_two_and_give_one_back)


class Versioned:
    """Two values under a version that is odd while they change; who reads them looks at the version twice."""

    def __init__(self) -> None:
        self.version = 0
        self.one = self.other = 0


def _change(s: Versioned) -> None:
    for number in range(1, WRITES + 1):
        s.version += 1
        s.one = number
        s.other = number
        s.version += 1


def _look(s: Versioned) -> tuple[int, int] | None:
    before = s.version
    found = s.one, s.other
    return found if before % 2 == 0 and s.version == before else None


def _read_and_lose_patience(s: Versioned) -> None:
    for _ in range(LOOKS):
        if (found := _look(s)) is not None:
            break
    else:
        found = s.one, s.other
    assert found[0] == found[1]


def _read_or_leave(s: Versioned) -> None:
    for _ in range(LOOKS):
        if (found := _look(s)) is not None:
            assert found[0] == found[1]
            return


def version_broken() -> None:
    # fails: the writer disturbs each of three looks by a step | the reader reads one | write | the reader reads other
    run(Versioned(), _change, _read_and_lose_patience)


def version_mended() -> None:
    run(Versioned(), _change, _read_or_leave)
