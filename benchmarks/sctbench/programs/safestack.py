"""SafeStack (Vyukov): a lock-free stack whose `pop` can be fooled by a head that went away and came back (ABA).

A pop takes the node's link away first, so that no other can pop the same node. But the head that it read before may
have been popped and pushed anew since then, and the link that it took may lead to a node that another thread has: the
swap of the head succeeds all the same. It takes three threads; no schedule with fewer than seven preemptions does it.
"""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import Atomic, run

THREADS = 3
ROUNDS = 2
TRIES = 4  # the original tries without end
NONE = -1


class Node:
    """A place in the array; `owner` is the thread that popped it last."""

    def __init__(self, following: int) -> None:
        self.following = Atomic(following)
        self.owner: object = None


class Stack:
    """All nodes, by index; those in the stack are linked from `head` on. The last one stays in, always."""

    def __init__(self) -> None:
        self.nodes = [Node(index + 1 if index + 1 < THREADS else NONE) for index in range(THREADS)]
        self.head = Atomic(0)
        self.count = Atomic(THREADS)

    def pop(self) -> int:
        for _ in range(TRIES):
            if self.count.value <= 1:
                continue
            head = self.head.value
            following = self.nodes[head].following.exchange(NONE)
            if following >= 0:
                if self.head.compare_and_swap(head, following):
                    self.count.add(-1)
                    return head
                self.nodes[head].following.exchange(following)
        return NONE

    def push(self, index: int) -> None:
        head = self.head.value
        self.nodes[index].following.exchange(head)
        while not self.head.compare_and_swap(head, index):
            head = self.head.value
            self.nodes[index].following.exchange(head)
        self.count.add(1)


class LockedStack(Stack):
    """The mended one: one thread at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def pop(self) -> int:
        with self.lock:
            return super().pop()

    def push(self, index: int) -> None:
        with self.lock:
            super().push(index)


def _use(stack: Stack) -> None:
    me = object()
    for _ in range(ROUNDS):
        index = stack.pop()
        if index == NONE:
            continue
        node = stack.nodes[index]
        node.owner = me
        assert node.owner is me
        stack.push(index)


def broken() -> None:
    # fails: c reads head 0 | a pops 0, links it to 1 | b pops 1 | c takes the link of 0 | a, its swap having failed,
    # links 0 to 2 and pushes it | c swaps head 0 for 1 | a pops 1, writes its name | b pushes 1 and pops it | a looks
    run(Stack(), *[_use] * THREADS)


def mended() -> None:
    run(LockedStack(), *[_use] * THREADS)
