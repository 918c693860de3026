"""Do the names in a scenario exist that a user has written, and do its arguments fit?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import told
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.inference.names import refuse_unknown_names_of


def see_names(scenario: Scenario, specification: Specification, announce: Callable[[Sequence[str]], object]) -> None:
    """See that the names in a bound scenario exist and its arguments fit, without running the scenario.

    There is one exception: if a class makes attributes dynamically, one thread runs the lines of the initial part.
    Nothing else shows that such a line is misspelt. `announce` is called with a line before it runs.

    Raises:
        LockproofError: a name does not exist, or arguments do not fit.

    """
    subjects = subjects_of_a_run(specification.subject)
    unsure = refuse_unknown_names_of(scenario, specification, subjects["a"])
    for line in scenario.init if any(each in scenario.init for each in unsure) else ():
        announce([line.text])
        try:
            line.compiled(specification.globals)(*subjects.values())
        except (AttributeError, NameError) as error:
            raise LockproofError(
                f"`{line}` of the initial part raises {told(error)}",
                "a misspelt name",
                "correct the name, or have an operation before it that makes the attribute",
            ) from None
        except Exception:
            continue
