"""Is it known after which lines an operation changes something, and do scenarios begin with them?"""

from __future__ import annotations

import pytest

from lockproof.core.operation import op
from lockproof.core.specification import Specification
from lockproof.generate import tuning
from lockproof.generate.generator import Generator
from lockproof.generate.initial import beginnings, productive

pytestmark = pytest.mark.one_build


class Theatre:
    """A play is put on, then a seat is sold, and only then can it be given back."""

    def __init__(self) -> None:
        self.plays: set[str] = set()
        self.sold: set[str] = set()

    def put_on(self, play: str) -> None:
        self.plays.add(play)

    def sell(self, play: str) -> None:
        if play in self.plays:
            self.sold.add(play)

    def give_back(self, play: str) -> None:
        self.sold.discard(play)

    def clean(self) -> None:
        pass


PLAYS = ["Faust", "Medea"]
SPECIFICATION = Specification(
    Theatre,
    [op(f"a.{name}(play)", play=PLAYS) for name in ("put_on", "sell", "give_back")] + [op("a.clean()")],
    observe=["sorted(a.sold)"],
    init=[op("a.put_on(play)", play=PLAYS), op("a.sell(play)", play=PLAYS)],
)


def test_what_a_line_needs_is_found_and_what_never_changes_anything_has_nothing() -> None:
    announced: list[list[str]] = []
    filling = productive(SPECIFICATION, lambda lines: announced.append(list(lines)))
    found = beginnings(SPECIFICATION, filling, lambda lines: announced.append(list(lines)))
    assert found["a.sell('Faust')"] == ("a.put_on('Faust')",)
    assert found["a.give_back('Medea')"] == ("a.put_on('Medea')", "a.sell('Medea')")
    assert not any("clean" in line or "put_on" in line for line in found)
    assert ["a.put_on('Medea')", "a.sell('Medea')", "a.give_back('Medea')"] in announced


def test_what_changes_a_fresh_subject_is_not_asked() -> None:
    filling = frozenset(("a.sell('Faust')", "a.sell('Medea')"))
    assert not any("sell" in line for line in beginnings(SPECIFICATION, filling, lambda _: None))


def test_the_time_for_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "BEGINNINGS_TIME", -1.0)
    assert beginnings(SPECIFICATION, frozenset(), lambda _: None) == {}


@pytest.mark.parametrize("known", [True, False])
def test_scenarios_begin_with_it(known: bool) -> None:
    line, lines = "a.give_back('Faust')", ("a.put_on('Faust')", "a.sell('Faust')")
    generator = Generator(SPECIFICATION, 2, 1, beginnings={line: lines} if known else {})
    made = [generator.scenario(index) for index in range(200)]
    both = [each for each in made if [[str(call) for call in thread] for thread in each.threads] == [[line], [line]]]
    begun = [each for each in both if tuple(map(str, each.init)) == lines]
    assert both and (len(begun) > len(both) / 3) is known
