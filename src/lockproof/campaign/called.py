"""Which public members of the class were called with success, and a last attempt at the others.

HELD needs a call of each public member that returned beside other calls, unless the member is excused, by the user or
for a reason that the report gives, or the user has said what to run.
Random scenarios of a short check may miss a member, or call it where it can only raise. So each member that is left at
the end of the search gets a scenario of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.deaths import Deaths
from lockproof.campaign.protocol.answers import MISTAKES, UNAWAITED, WAITED, Answered
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import Attempt, CallMember, Explored
from lockproof.campaign.schedule_search import TURN_SCHEDULES, ScheduleSearch
from lockproof.campaign.thread_failures import SHORT_HANG, ThreadFailures
from lockproof.campaign.thread_runs import MOST_INVOCATIONS, ThreadRuns
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Doubted, clause
from lockproof.core.members import AWAIT, Member, members_of
from lockproof.core.options import CheckOptions
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind

NO_TIME: Final = "there was no time left to call it; give it more with --budget"

LOOK: Final = 0.02
"""Seconds for the scenario of one member on real threads."""

EXPLORING: Final = 0.3
"""Seconds for the scenario of one member under control."""


@dataclass(frozen=True)
class Called:
    """The public members of a class, and those among them that the user has excused.

    `wanted`: HELD needs a call of each that returned. That is so if the user has said nothing about what to call. If
    the user has named operations, HELD needs a call that returned of what these operations call.
    """

    members: Sequence[Member]
    skip: tuple[str, ...] = ()
    wanted: bool = False

    def returned(self, answers: Answered) -> dict[str, bool]:
        """Return for each member whether a call of it returned beside other calls; without those that are excused.

        Lines of the final part run alone, so they do not count.
        """
        lines = [each.line for each in answers.values() if not each.raised and not each.final]
        called = frozenset[str]().union(*map(members_of, lines))
        return {
            each.name: bool(called & {each.name, *each.aliases})
            for each in self.members
            if not {each.name, *each.aliases} & set(self.skip)
        }

    def silent(self, answers: Answered) -> list[str]:
        """Return the members that an operation calls, and that no call has returned from."""
        returned = self.returned(answers)
        return [each.name for each in self.members if not each.why and not returned.get(each.name, True)]

    def always_raised(self, answers: Answered) -> list[Doubted]:
        """Return a doubt for each member that operations of the user call, and of which every call raised."""
        if self.wanted:
            return []
        return [
            Doubted(Doubt.OPERATION_ALWAYS_RAISED, 1, f"{each.line} raised {each.raised}")
            for name in self.silent(answers)
            for each in answers.values()
            if each.raised and each.raised not in (WAITED, UNAWAITED) and not each.final and each.raised not in MISTAKES
            if name in members_of(each.line)
        ]

    def missing(self, answers: Answered, why: Mapping[str, str]) -> list[Missing]:
        """Return the members that were not called with success. `why` says what else is known of some of them."""
        returned = self.returned(answers)
        return [_missing(each, answers, why) for each in self.members if not returned.get(each.name, True)]

    def doubted(self, missing: Iterable[Missing], *, found: bool) -> list[Doubted]:
        """Return a doubt for each member that HELD needs and that was not called with success.

        If something was `found`, the search ended before it had called all of them, and only those count that it could
        not have called.
        """
        if not self.wanted:
            return []
        return [each.doubted() for each in missing if not each.excused and (each.member.why or not found)]

    def excused(self, missing: Iterable[Missing]) -> list[str]:
        """Return the members that were not called, and that HELD does not need for a reason, with that reason."""
        return [f"{each.member.name}: {each.why}" for each in missing if each.excused and self.wanted]

    def notes(self, told: Iterable[str] = ()) -> list[str]:
        """Return a note for each member that no operation calls, without those that are told elsewhere or excused."""
        known = {each.partition(":")[0] for each in told} | set(self.skip)
        return [f"{each.name} is left out: {each.why}" for each in self.members if each.why and each.name not in known]


@dataclass(frozen=True)
class Missing:
    """A member that was not called with success, why not, and whether HELD may be said all the same."""

    member: Member
    why: str
    excused: bool

    def doubted(self) -> Doubted:
        """Return the doubt that it leaves."""
        say = f"say how it is called in a Specification: {self.member.advice}"
        if UNAWAITED in self.why:
            say = AWAIT.format(f"a.{self.member.name}(...)")
        works = ", or give a factory of subjects on which it works: --factory module:function"
        step = f"{say}{works}; or excuse it: --skip {self.member.name}"
        return Doubted(Doubt.MEMBER_NEVER_CALLED, 1, f"{self.member.name}: {self.why}", step)


def _missing(member: Member, answers: Answered, why: Mapping[str, str]) -> Missing:
    names = {member.name, *member.aliases}
    raised = [each.raised for each in answers.values() if each.raised and names & members_of(each.line)]
    reason = why.get(member.name) or member.why
    if not reason:
        reason = f"every call raised {raised[0]}" if raised else "no scenario that ran calls it"
    left_to_subclasses = reason.startswith(f"every call raised {NotImplementedError.__name__}")
    return Missing(member, reason, member.excused or left_to_subclasses)


@dataclass
class Uncalled:
    """Runs a scenario of each member that no call has returned from. `why` says why some still did not return."""

    runs: ThreadRuns
    deaths: Deaths
    search: ScheduleSearch
    failures: ThreadFailures
    options: CheckOptions
    why: dict[str, str] = field(default_factory=dict)

    def call(
        self, names: Collection[str], is_silent: Callable[[str], bool], goes_on: Callable[[], bool] = lambda: True
    ) -> tuple[Scenario, Explored] | None:
        """Run a scenario of each member, until one fails; return a scenario that failed under control.

        `is_silent` tells of a member whether no call of it has returned by now, `goes_on` whether time is left.
        """
        for name in names:
            if not goes_on():
                self.why[name] = NO_TIME
                continue
            tried, controlled = self._tried(name)
            if tried is not None and tried.raised:
                self.why[name] = f"every call raised {tried.raised}"
            if tried is None or tried.scenario is None:
                continue
            for scenario in _forms(tried.scenario)[: 1 if tried.raised else None]:
                if not controlled:
                    self._run(name, scenario)
                elif (found := self._explore(name, scenario)) is not None:
                    return found
                if self.failures.findings:
                    return None
                if not is_silent(name):
                    break
        return None

    def _tried(self, name: str) -> tuple[Attempt | None, bool]:
        """Return what one thread has found out of a member, and whether its scenario has to run under control."""
        try:
            tried = self._asked(name)
        except Died as died:
            self.why[name] = f"one thread alone ended the process or hung: {died.detail}"
            self.deaths.restart()
            return None, False
        except LockproofError as error:
            self.why[name] = error.fact
            return None, False
        if self.options.engine == "threads":
            if tried.scenario is None and not tried.raised:
                self.why[name] = "its calls may wait, which schedules can run, and real threads cannot"
            return tried, False
        if (tried.scenario is not None and not tried.raised) or not self.search.prepare():
            return tried, self.options.engine == "schedules"
        with suppress(Died, LockproofError):
            again = self.search.ask(CallMember(name))
            return (replace(again, raised=tried.raised) if again.raised and tried.raised else again), True
        return tried, self.options.engine == "schedules"

    def _asked(self, name: str) -> Attempt:
        """Ask the child to try a member, once more if it hung: the machine may be busy."""
        try:
            return self.runs.child.ask(CallMember(name))
        except Died as died:
            if died.kind is not FindingKind.HANG:
                raise
        self.deaths.restart()
        return self.runs.child.ask(CallMember(name))

    def _explore(self, name: str, scenario: Scenario) -> tuple[Scenario, Explored] | None:
        looked = self.search.look(scenario, EXPLORING, TURN_SCHEDULES) if self.search.prepare() else None
        if looked is not None and looked.skipped:
            self.why[name] = clause(looked.skipped)
        return (scenario, looked) if looked is not None and looked.found is not None else None

    def _run(self, name: str, scenario: Scenario) -> None:
        try:
            hang = SHORT_HANG if self.failures.hurried() else None
            result = self.runs.run(scenario, MOST_INVOCATIONS, LOOK, hang=hang)
        except Died as died:
            self.failures.after_death(died, scenario)
            return
        if result.skipped:
            self.why[name] = clause(result.skipped)
            return
        self.runs.scenarios += 1
        self.runs.add(result)
        if result.failures:
            self.failures.after_violation(scenario, result)


def _forms(scenario: Scenario) -> list[Scenario]:
    """Return the scenario, and the same with its initial part in each thread: a lock may ask for its own thread."""
    moved = Scenario((), tuple((*scenario.init, *thread) for thread in scenario.threads), scenario.final)
    return [scenario, moved] if scenario.init else [scenario]
