"""Sequential conformance: on one thread, does the subject do what its model does?

A difference on one thread is no concurrency bug, but a concurrency check that did not know of it would report nothing
else. So each operation that differs is reported once, with the shortest program that shows it. Then the specification
is adjusted. If the model was only guessed, the class is right: its own code is the model from then on, and nothing is
left out. Otherwise the operation is *lifted* (the model runs the subject's own code for it), or left out if it cannot
be lifted, or if its result depends on more than the contents. A copy that the class refuses is left out too.

Operations are tried first on the simplest contents, those that change something alone, and an operation that differs
is adjusted at once: so the report names the operation at fault, and not all those that run after it. Then random
programs are tried, as in Claessen and Hughes' QuickCheck for state machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import batched, islice
from random import Random
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import told
from lockproof.core.lives import lives
from lockproof.core.model import every_choice
from lockproof.core.operation import Operation, OperationKind, kind_of
from lockproof.core.pace import PROGRAM, Limit, pace
from lockproof.core.probes import comes_back, without_coming_back
from lockproof.core.specification import Specification
from lockproof.core.values import Masked, Raised, TextForm, anonymous, masked, unread
from lockproof.core.verdict import Nonconformance
from lockproof.inference import differing
from lockproof.inference.attributes import observed, without
from lockproof.inference.differing import DOES_NOT_REPEAT, Difference, told_apart
from lockproof.inference.effort import CHOICES, CONSTRUCTIONS, FILLINGS, LEAST, LONGEST, MANY, MOST, TOGETHER
from lockproof.inference.handed_out import handed_out
from lockproof.inference.inner_state import state_of
from lockproof.inference.lines import is_copy, omissions, on_subject
from lockproof.inference.programs import WAITS, Announce, Calls, Programs

COMPARING: Final = "comparing class and model on one thread"


@dataclass(frozen=True)
class ConformanceResult:
    """The differences, and the specification adjusted for them. `threads`: the subject, its own model, starts some."""

    nonconformances: tuple[Nonconformance, ...]
    specification: Specification
    threads: bool = False


def conform(
    specification: Specification,
    seed: int,
    seconds: float,
    *,
    announce: Announce = lambda _: None,
    skip: frozenset[str] = frozenset(),
    compared: frozenset[str] = frozenset(),
) -> ConformanceResult:
    """Compare subject and model on one thread for about `seconds`.

    Every operation is tried, even if that takes longer, but for at most `MOST` times as long; a note says what was not.

    `announce` is called with the lines of a program before its last line runs: if that line hangs, the caller knows
    which it is. `skip` are operations, or the texts of their kinds, that are not run and are left out of the
    specification. If one of them calls back into the subject, all operations that do are left out: one suffices to
    report a lock that waits for itself. `compared` are the texts of the kinds to compare one by one; empty: all kinds.

    Raises:
        LockproofError: no operation is left.

    """
    return _Comparison(specification, seed, announce, skip).run(seconds, compared)


class _OutOfTime(Exception):
    """The time for comparing is over: what is not compared yet stays so."""


class _StartsThreads(Exception):
    """The subject, which is its own model, has started a thread."""


class _Comparison(Programs):
    def __init__(self, specification: Specification, seed: int, announce: Announce, skip: frozenset[str]) -> None:
        def left(kinds: Sequence[OperationKind]) -> list[OperationKind]:
            able = [without_coming_back(kind) for kind in kinds] if any(map(comes_back, skip)) else kinds
            lines = [text for text in skip if not comes_back(text)]
            left = [kind for kind in able if kind]
            gone = {found.text for line in lines if (found := kind_of(Operation(line), left))}
            return [kind for kind in left if kind.text not in gone | skip]

        kinds = left(specification.operations)
        known = {line: specification.bound(Operation(line)).kind.text for line in specification.observe}
        observe = [line for line, kind in known.items() if line not in skip and kind not in skip]
        if not kinds:
            raise LockproofError("every operation hangs or ends the process on one thread", "", "mend the class first")
        init = None if specification.init is None else left(specification.init)
        super().__init__(replace(specification, operations=kinds, init=init, observe=observe), announce)
        self.found: list[Nonconformance] = []
        self._given, self._threads, self._started = self.specification, False, lives.started
        self._last = pace.limit(float("inf"), COMPARING)
        self._random = Random(f"conform/{seed}")
        self._reported: set[str] = set()
        self._left_out: dict[str, list[str]] = {}
        self._noted: dict[str, list[str]] = {}

    def run(self, seconds: float, compared: frozenset[str]) -> ConformanceResult:
        end, self._last = pace.limit(seconds, COMPARING), pace.limit(max(MOST * seconds, LEAST), COMPARING)
        try:
            left = self._compare_all(end, compared)
        except _StartsThreads:
            self._read_nothing()
            left = self._compare_all(end, compared)
        if left:
            self._noted[differing.SLOW] = list(left)
        notes = omissions(self._left_out)
        notes += [f"{', '.join(texts)}: {what}" for what, texts in self._noted.items()]
        notes = [*self.specification.notes, *notes, *observed(self.specification)]
        adjusted = replace(self.specification, notes=notes)
        return ConformanceResult(tuple(self.found), adjusted, self._threads)

    def _compare_all(self, end: Limit, compared: frozenset[str]) -> dict[str, None]:
        """Compare the kinds, and then programs that are drawn; return the kinds for which there was no time."""
        kinds = [kind for kind in self.specification.operations if not compared or kind.text in compared]
        left = dict.fromkeys(kind.text for kind in kinds)
        with suppress(_OutOfTime):
            self._trust_observers()
            self._each_kind(kinds, left)
            while not end.over():
                self._try(self._drawn())
        return left

    def _read_nothing(self) -> None:
        """Begin anew, without results: they tell how far the subject's threads are, which no order of calls says."""
        given, self._threads = self._given, True
        for each in (self.found, self._reported, self._left_out, self._noted):
            each.clear()
        self._noted[differing.OWN_THREADS] = [kind.text for kind in given.operations]
        kinds = [replace(kind, normalize=unread) for kind in given.operations]
        init = None if given.init is None else [replace(kind, normalize=unread) for kind in given.init]
        self.specification = replace(
            given, operations=kinds, init=init, observe=[], attributes=[], model=None, model_name="", guessed=False
        )

    def _each_kind(self, kinds: Sequence[OperationKind], left: dict[str, None]) -> None:
        """Compare each kind on some contents. `left` are those that are not compared yet."""
        contents = self._contents()
        alone = FILLINGS if len(self.specification.operations) > MANY else 2 * FILLINGS
        reading = [
            kind
            for kind in kinds
            if kind.reads
            and not kind.blocking
            and not any(comes_back(line.text) for line in self.fillings(kind)[:alone])
        ]
        for group in batched(reading, TOGETHER, strict=False):
            for program in contents:
                self._try((*program, *(line for kind in group for line in self.fillings(kind)[:alone])), len(program))
            for kind in group:
                left.pop(kind.text, None)
        for kind in [each for each in kinds if each not in reading]:
            for program in contents:
                for operation in self.fillings(kind)[: 1 if self._last.over(0.5) else alone]:
                    self._try((*program, operation), len(program))
            left.pop(kind.text, None)
        for found in handed_out(self, contents[-1]):
            self.found.append(found)
            self._refuse_lateness()
        for kind in kinds:
            for _ in range(CONSTRUCTIONS if self._kind(kind).lifted and self._lifts() else 0):
                self._try((*self._drawn(), self._random.choice(self.fillings(kind))))

    def _refuse_lateness(self) -> None:
        if self._last.over():
            raise _OutOfTime

    # Programs.

    def _initial(self) -> list[Operation]:
        """Return operations that fill a subject: the first fillings of each kind, one kind after the other."""
        kinds = self.specification.init
        if kinds is None:
            kinds = [kind for kind in self.specification.operations if not kind.reads]
        return [each for kind in kinds[:4] for each in self.fillings(kind)[:FILLINGS]]

    def _contents(self) -> list[Calls]:
        """Return programs that lead to no, one and several elements, the last to most."""
        initial = self._initial()
        several = [each for each in initial if each.kind.text == initial[0].kind.text]
        if self.specification.subjects > 1:
            several = [each for first in several for each in (first, *on_subject(first, "b"))]
        return list(dict.fromkeys([(), tuple(initial[:1]), tuple(several)]))

    def _drawn(self) -> Calls:
        kinds = self.specification.operations
        chosen = self._random.choices(kinds, [kind.weight for kind in kinds], k=self._random.randint(2, LONGEST))
        lines = [self._random.choice(self.fillings(kind)) for kind in chosen]
        initial = self._initial()
        return (*self._random.choices(initial, k=self._random.randint(0, 3) if initial else 0), *lines)

    def _kind(self, kind: OperationKind) -> OperationKind:
        """Return the kind as the adjusted specification has it."""
        return next((each for each in self.specification.operations if each.text == kind.text), kind)

    # Running them.

    def _compare(self, program: Calls, known: int = 0) -> Difference | None:
        """Return the first difference. The first `known` operations are not announced: they ran before."""
        pace.did(PROGRAM)
        self._refuse_lateness()
        if any(op.kind.blocking for op in program) and self._would_wait(program):
            return None
        objects = self.objects(self.specification.subject)
        lines = [op.text for op in program]
        results = []
        for index, operation in enumerate(program):
            self._refuse_lateness()
            if index >= known:
                self.announce(lines[: index + 1])
            results.append(self.result(operation, objects))
        if self.specification.model is None and not self._threads and lives.started > self._started:
            raise _StartsThreads
        furthest = Difference(-1, None, None)
        for _, difference in islice(every_choice(lambda: self._followed(program, results)), CHOICES):
            if difference is None:
                return None
            if difference.index > furthest.index:
                furthest = difference
        return furthest

    def _followed(self, program: Calls, results: Sequence[Any]) -> Difference | None:
        """Run the program on the model, up to the first result that differs."""
        objects = self.objects(self.specification.model or self.specification.subject)
        for index, (operation, result) in enumerate(zip(program, results, strict=True)):
            expected = self._modelled(operation, objects)
            if expected != result:
                return Difference(index, result, expected)
        return None

    def _would_wait(self, program: Calls) -> bool:
        """Tell whether the program waits after some choices of the model: the subject may make the same."""

        def waits() -> bool:
            objects = self.objects(self.specification.model or self.specification.subject)
            return any(self._modelled(operation, objects) is WAITS for operation in program)

        return any(each for _, each in islice(every_choice(waits), CHOICES))

    def _modelled(self, operation: Operation, objects: dict[str, Any]) -> Any:
        if not (operation.kind.lifted and self._lifts()):
            return self.result(operation, objects)
        lift, lower = self.specification.lift, self.specification.lower
        assert lift is not None and lower is not None
        try:
            subjects = {name: lift(each) for name, each in objects.items()}
            result = self.result(operation, subjects)
            for name, each in objects.items():
                lower(subjects[name], each)
        except Exception as error:
            return TextForm(f"cannot be asked: {told(error)}")
        return result

    # What differs.

    def _trust_observers(self) -> None:
        """Blame observers that differ. If all of them differ after a change, the change is to blame instead."""

        def wrong(observer: Operation) -> Difference | None:
            difference = self._compare((*program, observer))
            return difference if difference is not None and difference.index == len(program) else None

        for program in [(), *((each,) for each in self._initial()[:FILLINGS])]:
            observers = self.observers(())
            for each in () if program and all(map(wrong, observers)) else observers:
                (observer,) = self.bound((each,)) or (each,)  # blaming the one before may have changed the kind of both
                if (difference := wrong(observer)) is not None:  # or the model
                    self._blame((*program, observer), difference)

    def _try(self, program: Calls, known: int = 0) -> None:
        """Compare a program and the contents after it; report and adjust until it conforms."""
        for _ in range(len(program) + 1):
            program = self.bound(program)
            full = (*program, *self.observers(program))
            first = self._compare(full, known) if program else None
            if first is None:
                return
            starts = (program[:length] for length in range(1, len(program) + 1))
            failing = next((start for start in starts if self._failure(start) is not None), None)
            short = failing and self._shrunk(failing)
            difference = self._failure(short) if short else None
            if short and difference is not None:
                self._blame(short, difference)
            else:
                self._give_up(full[first.index], DOES_NOT_REPEAT)

    def _failure(self, program: Calls) -> Difference | None:
        """Return the difference of the last operation, in its result or in the contents after it; None without one."""
        last = len(program) - 1
        difference = self._compare((*program, *self.observers(program)))
        return difference if difference is not None and difference.index >= last else None

    def _shrunk(self, program: Calls) -> Calls:
        """Return the program without the operations that the difference does not need; the last one stays."""
        index = 0
        while index < len(program) - 1:
            shorter = (*program[:index], *program[index + 1 :])
            if self._failure(shorter) is not None:
                program, index = shorter, 0
            else:
                index += 1
        return program

    def _blame(self, program: Calls, difference: Difference) -> None:
        """Report the last operation of the program for the difference, and adjust the specification."""
        full = (*program, *self.observers(program))
        lines, culprit = tuple(each.text for each in program), program[-1]
        shown = told_apart(difference.subject, difference.model)
        if difference.index >= len(program):
            lines, kind = (*lines, full[difference.index].text), "different state"
        elif isinstance(difference.subject, Raised) or isinstance(difference.model, Raised):
            kind = "different exception"
        else:
            kind = "different result"
        specification, now = self.specification, self._kind(culprit.kind)
        if difference.index >= len(program) and (left := without(specification, full[difference.index])):
            self.specification = left
            return
        refused = kind == "different exception" and is_copy(culprit) and isinstance(difference.subject, Raised)
        if specification.model is None:
            self._unrepeatable(culprit, full[difference.index], difference)
        elif now.lifted and self._lifts():
            self._drop(culprit, "what it does depends on more than the contents")
        else:
            parts = culprit.parts
            if not parts & self._reported:
                self._reported |= parts
                detail = "the class refuses to be copied" if refused else differing.DETAILS[kind]
                self.found.append(
                    Nonconformance(
                        kind, lines, *shown, detail.format(culprit.text, specification.model_label),
                        decides=specification.decides and not refused,
                    )
                )  # fmt: skip
            self._adjust(culprit, now, refused)

    def _unrepeatable(self, culprit: Operation, shows: Operation, difference: Difference) -> None:
        """Go on without what two fresh subjects answered differently; `shows` is the operation that shows it.

        If all that differs are times and identifiers, the results are compared without these. If an operation repeats
        its own answer, and only the contents after it are read differently, then the observer is left out.
        """
        specification = self.specification
        kind = self._kind(kind_of(shows, specification.operations) or shows.kind)
        forms = (anonymous(masked(each)) for each in (difference.subject, difference.model))
        if next(forms) == next(forms) and self._known(kind):
            self._replace(kind, replace(kind, normalize=Masked(kind.normalize)))
            self._noted.setdefault(differing.MASKED, []).append(kind.text)
        elif shows.text != culprit.text and self.result(culprit, self.objects(specification.subject)) is not None:
            observe = [line for line in specification.observe if line != shows.text]
            self._left_out.setdefault("two fresh subjects answered differently", []).append(shows.text)
            self.specification = replace(specification, observe=observe)
        else:
            self._give_up(culprit, "two fresh subjects answered differently")

    def _give_up(self, culprit: Operation, why: str) -> None:
        """Leave out the results of an operation that changes nothing; any other operation as a whole."""
        kind = self._kind(kind_of(culprit, self.specification.operations) or culprit.kind)
        own = self.specification.model is None and self._known(kind)
        if own and all(self._keeps(culprit, program) for program in self._contents()):
            self._replace(kind, replace(kind, normalize=unread))
            self._noted.setdefault(differing.UNREAD, []).append(kind.text)
        else:
            self._drop(culprit, why)

    def _keeps(self, operation: Operation, program: Calls) -> bool:
        """Tell whether an operation returns, and leaves a subject with these contents as it was."""
        objects = self.objects(self.specification.subject)
        for each in program:
            self.result(each, objects)
        before = state_of(objects["a"])
        return not isinstance(self.result(operation, objects), Raised) and state_of(objects["a"]) == before

    def _known(self, kind: OperationKind) -> bool:
        noted = any(kind.text in texts for texts in self._noted.values())
        return not noted and any(each.text == kind.text for each in self.specification.operations)

    def _adjust(self, culprit: Operation, now: OperationKind, refused: bool) -> None:
        specification = self.specification
        if refused:
            self._drop(culprit, "the class refuses it")
        elif specification.guessed:
            note = differing.LOOKS.format(specification.subject_name or "the class", specification.model_label)
            self.specification = replace(
                specification, model=None, model_name="", guessed=False, notes=(*specification.notes, note)
            )
        elif self._lifts() and any(kind.text == now.text for kind in specification.operations):
            self._replace(now, replace(now, lifted=True))
        else:
            self._drop(culprit, "the model answers otherwise")

    def _lifts(self) -> bool:
        specification = self.specification
        return specification.model is not None and specification.lift is not None and specification.lower is not None

    def _replace(self, old: OperationKind, new: OperationKind) -> None:
        def changed(kinds: Sequence[OperationKind]) -> list[OperationKind]:
            return [new if kind.text == old.text else kind for kind in kinds]

        specification = self.specification
        init = None if specification.init is None else changed(specification.init)
        self.specification = replace(specification, operations=changed(specification.operations), init=init)

    def _drop(self, culprit: Operation, why: str) -> None:
        """Leave the operation out of the specification, and out of its observers."""
        specification, text = self.specification, culprit.kind.text
        kinds = [kind for kind in specification.operations if kind.text != text and not kind.matches(culprit.text)]
        if not kinds:
            raise LockproofError(
                "no operation behaves as its model does, or the same twice", why, "give another --model"
            )
        init = None if specification.init is None else [kind for kind in specification.init if kind.text != text]
        observe = [
            line for line in specification.observe if line not in {each.text for each in on_subject(culprit, "a")}
        ]
        left = {kind.text for kind in kinds}
        dropped = [kind.text for kind in specification.operations if kind.text not in left]
        self._left_out.setdefault(why, []).extend(dropped or [text])
        self.specification = replace(specification, operations=kinds, init=init, observe=observe)
