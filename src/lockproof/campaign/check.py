"""A check from beginning to end: conformance, scenarios on real threads, schedules, explanation, report.

The parent decides and the child does: everything that runs the subject is a request to the child. So what the subject
does to its process is one more answer, not the end of the check.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.called import Called, Uncalled
from lockproof.campaign.clock import Clock, Turn
from lockproof.campaign.conformance_phase import ConformancePhase
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.findings import UNSHRUNK, Findings, gravity, told_beside, violation
from lockproof.campaign.health import ENOUGH_SCENARIOS, health
from lockproof.campaign.kept_first import KeptFirst
from lockproof.campaign.known_waits import KnownWaits
from lockproof.campaign.protocol.child import Child, Died, not_started, trace_of, with_known_names
from lockproof.campaign.protocol.messages import CheckNames, Description, RunResult
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.race_findings import LEAST_FOR_SMALL, PART_FOR_SMALL
from lockproof.campaign.results import limits, not_judged
from lockproof.campaign.sanitized import SANITIZED_LOOK, Sanitized
from lockproof.campaign.schedule_failures import ScheduleFailures
from lockproof.campaign.schedule_search import ScheduleSearch
from lockproof.campaign.thread_failures import ThreadFailures
from lockproof.campaign.thread_runs import ThreadRuns
from lockproof.campaign.thread_search import MOST_DEATHS, ThreadSearch
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Doubted, Tally
from lockproof.core.options import CheckOptions, Tell
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.specification import ITSELF
from lockproof.core.verdict import Coverage, Finding, FindingKind, InternalError, Interrupted, Report

SHARES: Final = {False: (0.1, 0.3, 0.35, 0.25), True: (0.03, 0.42, 0.25, 0.3)}
"""Parts of the budget, in turns for real threads and for schedules; by whether the GIL is on: then threads show less.

What real threads find they mostly find at once; with the GIL, that is little, and schedules tell sooner. So their first
turn is short, and schedules have shown which operations look exposed before the next one.
"""

LATE: Final = 1.0
"""Seconds beyond the budget from which on the report says why the check took them."""

LATEST_CALL: Final = 1.5
"""Parts of the budget after which members that no call has returned from are not tried any more, under a sanitizer."""

BESIDE: Final = 0.2
MOST_FINDINGS: Final = 3
"""Part of the budget in which other findings are looked for after the first one, and how many there are at most."""

COMPARING: Final = 0.1
"""Seconds for drawn programs of one thread in a check with counts."""

CUT: Final = "{} took so long that the clock ended it, and not the counts: a faster machine may do more"

ONE_THREAD: Final = 0.2
"""Part of the budget at most that is kept for what one thread alone does."""


@dataclass
class Check:
    """The order of the phases of one check, and its report.

    `repeat` returns what repeats a finding; `tell` gets the progress. `left_to_control`: real threads ran nothing,
    since calls of each scenario may wait. `sanitized`: they ran under ThreadSanitizer.
    """

    child: Child
    controlled: ControlledChild
    setup: Setup
    options: CheckOptions
    repeat: Callable[[Finding], Repeat]
    tell: Tell
    notes: list[str] = field(default_factory=list)
    left_to_control: bool = False
    sanitized: Sanitized | None = None

    def __post_init__(self) -> None:
        options, evidence = self.options, EvidenceBuilder()
        self.evidence = evidence
        self.runs = runs = ThreadRuns(self.child, evidence, options.counted)
        self.findings = findings = Findings(self.repeat, evidence)
        self.clock = clock = Clock.of(options, self.tell, lambda: (self._scenarios, runs.invocations, len(findings)))
        clock.threads, clock.schedules = runs.work, self.controlled.work
        self.kept = KeptFirst()
        self.deaths = deaths = Deaths(runs, clock, options)
        self.waits = waits = KnownWaits(self.controlled, self.child)
        self.conformance = ConformancePhase(self.child, clock, deaths, findings, self.notes, waits)
        self.thread_failures = ThreadFailures(runs, deaths, clock, findings, options, waits)
        self.thread_search = ThreadSearch(runs, deaths, self.thread_failures, clock, findings, self.notes)
        self.schedule_search = ScheduleSearch(self.controlled, clock, deaths, evidence)
        self.thread_search.has_enough = self.schedule_search.has_enough = lambda: (
            bool(findings) or self.conformance.sure
        )
        self._put_off: list[tuple[Scenario, RunResult, float]] = []
        if self.sanitized is not None:
            self.thread_search.past_failures, self.thread_search.first_look = True, SANITIZED_LOOK
            runs.watch = self.sanitized.begin(clock).ran
            deaths.most_for_small = clock.budget
            self.thread_failures.put_off, self.thread_failures.hurried = self._put_off, lambda: clock.left() < 0
        self.uncalled = Uncalled(runs, deaths, self.schedule_search, self.thread_failures, options)
        self.schedule_failures = ScheduleFailures(
            self.controlled, self.schedule_search, runs, deaths, self.thread_failures, clock, findings, options
        )

    def run(self, first: Sequence[Scenario], kept: Sequence[str] = ()) -> Report:
        """Check, with these scenarios before all others, those that people `kept` before the rest.

        Raises:
            LockproofError: the target, the scenario or an option is wrong.
            Interrupted: Ctrl-C; it has the report of what was done.
            InternalError: lockproof itself failed; it has the report of what was done.

        """
        self.clock.progress("")
        description = self.start()
        self.clock.restart()
        try:
            self._phases(first, kept, description)
        except KeyboardInterrupt:
            self._keep_seen()
            self.evidence.add_doubt(Doubt.INTERRUPTED, self.clock.done())
            raise Interrupted(self.report(description)) from None
        except LockproofError as error:
            self._keep_seen()
            if not self.findings:
                raise
            self.notes.append(f"the check ended early: {error.fact}")
        except Died as died:  # not even a new process could be started
            self._keep_seen()
            self.evidence.add_death(f"the process does not start again: {died.detail}", found=False)
        except Exception as error:
            trace = trace_of(error)
            self._keep_seen()
            self.evidence.add_doubt(Doubt.INTERNAL_ERROR, trace.strip().rpartition("\n")[2])
            raise InternalError(self.report(description), trace) from error
        return self.report(description)

    def start(self) -> Description:
        """Start the child, and return what it says of the subject."""
        self.child.launch()
        if self.options.engine != "threads":
            self.controlled.child.launch()  # both import the subject at the same time
        try:
            description = self.child.start()
        except Died as died:
            raise not_started(died) from None
        self.notes += description.notes
        self.waits.own_model = description.own_model
        return description

    def _phases(self, first: Sequence[Scenario], kept: Sequence[str], description: Description) -> None:
        of_mutant = bool(self.setup.aim.kinds)
        only = None
        if self.options.scenario is not None:
            only = Scenario.parse_observed(self.options.scenario, description.observers)
            self.child.ask(CheckNames(only))
        self.kept = KeptFirst(kept, self.child, description.observers, self.notes)
        first = [*self.kept.scenarios, *with_known_names(self.child, first, self.notes)]
        if not of_mutant or (self.setup.waits and self.options.engine != "threads"):
            self.waits.find(description)
        if only is None or not description.own_model:
            with self.clock.during("conformance"):
                self.conformance.compare(self._time_to_compare())
        if self.sanitized is not None:
            self.sanitized.pass_over()
            self.deaths.restart()
            self.clock.restart()  # comparing class and model takes some seconds there, and shows no race of threads
        if only is not None:
            self._search_one(only)
        else:
            if of_mutant:
                # The budget of a mutant is short, and the phases before the search would take half of it.
                if self.options.engine != "threads":
                    self.schedule_search.prepare()
                self.clock.restart()
            self._search(first)
            if self.sanitized is not None:
                self.sanitized.launch_prober()
            if not of_mutant and not self.findings:
                self._call_the_rest(description)
        if self.options.engine == "both":
            self.schedule_failures.explain()
        self.conformance.confirm_hangs()
        if self.sanitized is not None:
            self._end_sanitized(self.sanitized)

    def _end_sanitized(self, under: Sanitized) -> None:
        """Make findings of the races, and of the first violation, which the search has passed by."""
        under.look()
        left = self.clock.countdown(max(LEAST_FOR_SMALL, PART_FOR_SMALL * self.clock.budget))
        if self._put_off:
            self.thread_failures.put_off = None
            self.thread_failures.after_violation(*self._put_off[0])
        under.add_findings(self.findings, self.clock, left)

    def _keep_seen(self) -> None:
        """Add what a search under a sanitizer has seen and not followed yet: the check ends early."""
        if self.sanitized is None:
            return
        for scenario, result, seconds in self._put_off[:1]:
            known = {each.seconds for each in self.findings.found if each.kind is FindingKind.NOT_LINEARIZABLE}
            if seconds not in known:
                self.findings.add(replace(violation(scenario, result, seconds), detail=UNSHRUNK))
        self.sanitized.add_rest(self.findings, self.clock)

    def _time_to_compare(self) -> float:
        """Return the seconds in which programs of one thread are drawn to compare class and model."""
        if self.options.counted:
            return COMPARING
        return min(0.5, self.options.budget / (10 if self.setup.aim.kinds else 100))

    def _search_one(self, scenario: Scenario) -> None:
        """Run one scenario, on real threads and under control; under control alone, if one of its calls waits."""
        self.runs.scenarios = 1
        self.left_to_control = self.options.engine == "both" and self.waits.in_scenario(scenario)
        if self.options.engine != "schedules" and not self.left_to_control:
            with self.clock.during("checking"):
                self.thread_search.run_one(scenario, self.options.invocations)
        if self.options.engine != "threads" and not self.findings.of_threads:
            with self.clock.during("exploring"):
                ready = self.schedule_search.prepare()
                most = self.options.schedules or sys.maxsize
                # By counts, judging must not use up what the schedules need.
                seconds = max(1.0, self.clock.budget * 2 if self.options.counted else self.options.budget / 2)
                looked = self.schedule_search.look(scenario, seconds, most) if ready else None
            self.schedule_failures.after_deaths()
            if looked is not None and looked.skipped:
                raise not_judged(looked.skipped)
            if looked is not None and looked.found is not None:
                self.schedule_failures.after_failure(scenario, looked)

    def _search(self, first: Sequence[Scenario]) -> None:
        """Search on real threads and under control, in turns."""
        self.schedule_search.first = [*first, *self.waits.scenarios]
        self.thread_search.begin(first)
        engines = self.options.engine
        turns: tuple[float, ...] = SHARES[self.child.description.environment.gil] if engines == "both" else (1.0,)
        if engines == "both":
            turns = self.clock.shares(turns)
        for number, share in enumerate(turns):
            reserved = min(self.conformance.reserved, ONE_THREAD * self.options.budget)
            until = self.clock.left() - share * self.options.budget if number + 1 < len(turns) else reserved
            engine = engines if engines != "both" else "schedules" if number % 2 else "threads"
            turn = self.clock.turn(engine, share, max(until, 0.0), last=number + 2 >= len(turns))
            if engine == "threads":
                self.thread_search.prefer_exposed(self.controlled.watched)
                with self.clock.during("checking"):
                    self.thread_search.search(turn)
                elsewhere = len(turns) > 1 or bool(self.setup.aim.kinds)  # control runs them, or has run them before
                self.left_to_control = bool(self.waits.kinds) and not self.runs.scenarios and elsewhere
            else:
                self._search_schedules(turn)
            if self.findings.of_threads:
                break
        if self.findings.of_threads and self.options.engine != "threads" and not self.setup.aim.kinds:
            self._search_beside()

    def _search_beside(self) -> None:
        """Look for other findings beside those that are known, for a part of the budget: one may hide a graver one."""
        end = max(self.clock.left() - BESIDE * self.clock.budget, 0.0)
        turn = self.clock.turn("schedules", BESIDE, end, last=False)
        while len(self.findings) < MOST_FINDINGS and turn.left() > 0:
            before = len(self.findings)
            known = [each.scenario for each in self.findings.found if each.concurrent]
            with self.clock.during("exploring"):
                found = self.schedule_search.search_beside(known, turn)
            if found is None:
                return
            self.schedule_failures.after_failure(*found)
            if len(self.findings) == before:
                return

    def _call_the_rest(self, description: Description) -> None:
        """Run a scenario of each member that no call of the search has returned from."""
        with self.clock.during("checking"):
            called = self._called(description)
            silent = called.silent(self.evidence.answers)
            # Under a sanitizer each call takes so long that a class with many members would take minutes.
            goes_on = (
                self.clock.limit(LATEST_CALL * self.clock.budget - self.clock.spent)
                if self.sanitized is not None
                else lambda: True
            )
            found = self.uncalled.call(silent, lambda name: name in called.silent(self.evidence.answers), goes_on)
        if found is not None:
            self.schedule_failures.after_failure(*found)
        self.schedule_failures.after_deaths()

    def _called(self, description: Description) -> Called:
        """Return which public members the class has, and whether HELD needs each of them."""
        members = self.conformance.members if self.conformance.members is not None else description.members
        wanted = description.inferred and self.options.scenario is None and not self.setup.aim.kinds
        return Called(members, self.options.members, wanted=wanted)

    def _search_schedules(self, turn: Turn) -> None:
        """Explore scenarios until there is a finding, or the turn is over."""
        search = self.schedule_search
        died, tries = True, 0
        while (
            died
            and tries < MOST_DEATHS
            and not self.findings.of_threads
            and (turn.left() > 0 or not (search.explored or tries or search.has_enough()))
        ):
            tries += 1
            with self.clock.during("exploring"):
                found = search.search(turn)
            if found is not None:
                self.schedule_failures.after_failure(*found)
            died = bool(search.deaths)
            self.schedule_failures.after_deaths()

    def report(self, description: Description) -> Report:
        """Return the report of what was done until now."""
        nonconformances = self.conformance.nonconformances
        differences = sum(each.decides for each in nonconformances)
        schedules = self.schedule_search.counts.tally if self.options.engine != "threads" else None
        real = self.options.engine != "schedules" and not self.left_to_control
        called, answers = self._called(description), self.evidence.answers
        found = bool(self.findings or differences)
        under = self.sanitized
        why = self.uncalled.why | dict.fromkeys(self.evidence.slow(), "one thread alone takes too long in it")
        missing = called.missing(answers, why)
        uncalled = called.doubted(missing, found=found)
        excused = called.excused(missing)
        unhealthy = [] if found else self._unhealthy(called, schedules)
        unhealthy += [] if under is None else under.doubts(description.environment)
        # Inferred observers may be calls that raise where there is nothing to take: one that returns is enough.
        seen = description.inferred and any(each.final and not each.raised for each in answers.values())
        evidence = self.evidence.build(
            threads=real, schedules=schedules, doubts=(*self.schedule_search.doubted(), *uncalled, *unhealthy),
            findings=len(self.findings), differences=differences, observers=() if seen else description.observers,
        )  # fmt: skip
        notes = [
            *self.notes,
            *called.notes([*excused, *(each.about for each in uncalled)]),
            *told_beside(self.controlled.notes, self.findings.found),
        ]
        if not self.findings.has(FindingKind.DEADLOCK, FindingKind.HANG):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.controlled.cycles]
        if not self.options.counted and self.clock.left() < -LATE and self.findings.has(FindingKind.HANG):
            notes.append("the check took longer than its budget: that a thread hangs is seen by waiting for it")
        cut = [*self.child.cuts, *self.controlled.child.cuts]
        notes += [CUT.format(each) for each in dict.fromkeys(cut)]
        notes += self.kept.said({*self.runs.outcomes, *self.schedule_search.outcomes})
        notes += limits(description.environment)
        notes += [] if under is None else under.notes()
        return Report(
            description.subject,
            ITSELF if self.conformance.itself else description.model,
            self.options.consistency,
            evidence,
            self.setup.seed,
            description.environment,
            self._coverage(called.returned(answers), excused),
            tuple(sorted(self.findings.found, key=gravity)),
            tuple(nonconformances),
            tuple(notes),
            tuple(range(2, self.options.threads + 1)),
        )

    def _unhealthy(self, called: Called, schedules: Tally | None) -> list[Doubted]:
        """Return what speaks against a check that has found nothing, without what the user has excused."""
        search, answers = self.schedule_search, self.evidence.answers
        threads = self.evidence.threads if self.options.engine != "schedules" else None
        found = list(search.trusted()) if self.options.engine == "schedules" else []
        if self.options.scenario is None and not self.setup.aim.kinds:
            found += called.always_raised(answers)
            found += health(
                answers, self.conformance.fresh, threads, schedules, complete=search.any_complete,
                waits=bool(self.waits.kinds), scenarios=ENOUGH_SCENARIOS if self.options.counted else self._scenarios,
            )  # fmt: skip
        # ThreadSanitizer sees the accesses themselves, whether or not a result shows them.
        seen = (Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED) if self.sanitized is not None else ()
        return [each for each in found if each.doubt not in (*self.options.skip, *seen)]

    @property
    def _scenarios(self) -> int:
        """How many scenarios have run, on real threads or under control."""
        return max(self.runs.scenarios, len(self.runs.outcomes.keys() | self.schedule_search.outcomes.keys()))

    def _coverage(self, returned: Mapping[str, bool], excused: Sequence[str]) -> Coverage:
        both = self.runs.outcomes, self.schedule_search.outcomes
        distinct = sum(max(each.get(key, 0) for each in both) for key in both[0].keys() | both[1].keys())
        return Coverage(
            self._scenarios,
            self.runs.invocations,
            tuple(sorted(self.runs.kinds | self.schedule_search.kinds)),
            self.clock.elapsed,
            distinct,
            self.controlled.schedules,
            self.schedule_search.covered(),
            tuple(name for name, once in returned.items() if once),
            tuple(name for name, once in returned.items() if not once),
            self.options.skip,
            tuple(excused),
        )
