"""Asks, in a process under control, for the label of the GIL where schedules can be judged and where they cannot."""

from __future__ import annotations

import json

from lockproof.engines.control.install import install

install()

from lockproof.campaign.worker.exploring import Look, Problem, masking_of, seen_in  # noqa: E402
from lockproof.core.evidence import Doubt  # noqa: E402
from lockproof.core.verdict import FindingKind  # noqa: E402
from lockproof.engines.control.program import FunctionProgram  # noqa: E402
from lockproof.engines.control.task import Result  # noqa: E402
from tests.lockproof.campaign.races import check_then_act, lost_update  # noqa: E402
from tests.lockproof.campaign.undecided import endless  # noqa: E402

PROBLEM = Problem(FindingKind.EXCEPTION)


def main() -> None:
    """Print the labels and why they are not known, by what the schedules come to."""
    masked, shown, given_up = map(FunctionProgram, (lost_update, check_then_act, endless))

    def look(program: FunctionProgram) -> Look:
        return lambda result: seen_in(result, program)

    def undecided(result: Result) -> Problem | Doubt | None:
        return seen_in(result, masked) or Doubt.OUTCOMES_UNDECIDED

    answers = {
        "masked": masking_of(masked, look(masked), PROBLEM, 1, 60.0),
        "shown": masking_of(shown, look(shown), PROBLEM, 1, 60.0),
        "undecided": masking_of(masked, undecided, PROBLEM, 1, 60.0),
        "given up": masking_of(given_up, look(given_up), PROBLEM, 0, 3.0),
        "no time": masking_of(masked, look(masked), PROBLEM, 1, 0.0),
    }
    print(json.dumps({name: [label.value, why] for name, (label, _, why) in answers.items()}))


if __name__ == "__main__":
    main()
