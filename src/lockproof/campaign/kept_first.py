"""The scenarios that people keep, since they failed once: a check tries them before all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from lockproof.campaign.protocol.child import Child, Died, with_known_names
from lockproof.core.errors import LockproofError
from lockproof.core.scenario import Scenario


class KeptFirst:
    """The kept scenarios that can still run, in `scenarios`. Each of the others is a note, and no error.

    Args:
        texts: the scenarios as text. As with `--scenario`, one without a final part ends with the observers.
        child: the process that knows which operations there are.
        observers: lines that observe the subjects.
        notes: the notes of the check.

    """

    def __init__(
        self, texts: Sequence[str] = (), child: Child | None = None, observers: Sequence[str] = (),
        notes: list[str] | None = None,
    ) -> None:  # fmt: skip
        self._texts, self._notes = texts, [] if notes is None else notes
        self.scenarios: tuple[Scenario, ...] = ()
        if child is None:
            return
        found: list[Scenario] = []
        for scenario in self._parsed(observers):
            try:
                found += with_known_names(child, [scenario], self._notes)
            except Died as died:
                self._leave_out(str(scenario), died.detail)
        self.scenarios = tuple(dict.fromkeys(found))

    def _parsed(self, observers: Sequence[str]) -> Iterator[Scenario]:
        for text in self._texts:
            try:
                scenario = Scenario.parse_observed(text, observers)
            except LockproofError as error:
                self._leave_out(text, error.fact)
                continue
            if len(scenario.threads) > 1:
                yield scenario
            else:
                self._leave_out(text, "a scenario of one thread shows nothing")

    def _leave_out(self, text: str, why: str) -> None:
        self._notes.append(f"a scenario of an earlier run was left out: `{text}`: {why}")

    def said(self, ran: Collection[Scenario]) -> list[str]:
        """Return what to say of them; `ran` are the scenarios that have run."""
        if not self._texts:
            return []
        many, done = len(self.scenarios), sum(each in ran for each in self.scenarios)
        which = "the kept scenario" if many == 1 else f"the {many} kept scenarios"
        how = "ran first" if done == many else f"came first, and {done} ran"
        return [f"{which} {how}; one that holds stays in the file"] if many else []
