"""The mutants of the class that a specification is about, with what the parent must know to run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockproof.campaign.protocol.messages import Mutants
from lockproof.campaign.worker.blocking import parted
from lockproof.campaign.worker.watchdog import Watchdog
from lockproof.core.errors import LockproofError
from lockproof.core.specification import Specification
from lockproof.generate.generator import productive
from lockproof.generate.reach import reached, that_return


def mutants_of(
    specification: Specification,
    operators: Sequence[str] | None,
    hang: float,
    announce: Callable[[Sequence[str]], None],
) -> Mutants:
    """Return the mutants of the class, its synchronization, and the texts of the files that have both."""
    from lockproof.mutation.mutants import mutants_of_class
    from lockproof.mutation.operators.registry import OPERATORS
    from lockproof.mutation.scope import choice_of_python, compiled_methods, mutated, used_modules

    if unknown := [name for name in operators or () if name not in OPERATORS]:
        raise LockproofError(
            f"there is no operator {unknown[0]}", "a misspelt name", f"choose from {', '.join(OPERATORS)}"
        )
    with Watchdog(hang):
        owner = mutated(specification.subject())
    parts = used_modules(owner)
    if not parts:
        raise LockproofError(
            f"{owner.__qualname__} has no source",
            "it is written in C, or only its compiled form is installed",
            "mutants are made of Python source; lockproof check needs none",
        )
    if names := compiled_methods(owner):
        some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        raise LockproofError(
            f"the methods of {owner.__qualname__} are compiled: {some}",
            "an extension module implements the class, so a change of Python source changes nothing that runs",
            choice_of_python(parts),
        )
    with Watchdog(hang):
        scope = parted(specification)
        lines = productive(scope, announce) if scope is not None else ()
        filling = that_return(specification, sorted(lines))
        files = {part.file for part in parts}
        reach = reached(specification, files, filling, announce)
    found = mutants_of_class(owner, operators=operators, ran=reach.keys())
    kinds = (*specification.operations, *(specification.init or ()))
    return Mutants(
        tuple(filling),
        tuple((kind.text, tuple(kind.holes)) for kind in kinds),
        tuple((file, place, tuple(sorted(kinds))) for (file, place), kinds in reach.items()),
        {part.file: part.text for part in parts},
        tuple(mutant for each in found for mutant in each.mutants),
        tuple(site for each in found for site in each.sites),
    )
