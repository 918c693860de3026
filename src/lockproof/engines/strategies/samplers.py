"""The strategies that draw schedules, by the names that people give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lockproof.engines.strategies.few_threads import FewThreads
from lockproof.engines.strategies.rare_places import RarePlaces
from lockproof.engines.strategies.sampling import PCT, POS, SURW, RandomWalk

SAMPLERS: Final[dict[str, Callable[[int], Any]]] = {
    "few": FewThreads, "surw": SURW, "pct": PCT, "pos": POS, "random": RandomWalk,
    "rare": RarePlaces,
}  # fmt: skip
"""What makes each drawing strategy from a seed, by the names of `lockproof.core.options.DRAWING`."""
