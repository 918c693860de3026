"""Do msgspec and cattrs write and read a LockedSet with the hooks of docs/annotations.md?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, override

import pytest

from ci.documents import blocks
from lockedset import LockedSet
from tests.lockedset.used.libraries import library
from tests.lockedset.used.test_document import SECTIONS

msgspec, cattrs = library("msgspec"), library("cattrs")

pytestmark = pytest.mark.one_build


def shown(section: str) -> dict[str, Any]:
    """Return the names that the example of a section defines."""
    (block,) = blocks(SECTIONS[section], "python")
    code = [line[4:] for line in block.splitlines() if line.startswith((">>> ", "... "))]
    names: dict[str, Any] = {"__name__": __name__}
    exec("\n".join(code), names)
    return names


MSGSPEC, CATTRS = shown("msgspec"), shown("cattrs")
CASES: list[tuple[Any, Any, Any]] = [
    (LockedSet[int], [1, 2, 2], {1, 2}),
    (LockedSet[tuple[str, int]], [["one", 1]], {("one", 1)}),
    (LockedSet, [1, "one"], {1, "one"}),
    (dict[str, LockedSet[int]], {"a": [1]}, {"a": {1}}),
    (list[LockedSet[int]], [[1], []], [{1}, set()]),
]


def sets_in(made: Any) -> list[Any]:
    return [made] if isinstance(made, set) else list(made.values() if isinstance(made, dict) else made)


@pytest.mark.parametrize(("kind", "given", "wanted"), CASES, ids=[str(kind) for kind, _, _ in CASES])
def test_msgspec_reads_what_it_wrote(kind: Any, given: Any, wanted: Any) -> None:
    hook = MSGSPEC["dec_hook"]
    made = msgspec.convert(given, kind, dec_hook=hook)
    assert made == wanted and {type(each) for each in sets_in(made)} == {LockedSet}
    for form in (msgspec.json, msgspec.msgpack):
        assert form.decode(form.encode(made), type=kind, dec_hook=hook) == made


@pytest.mark.parametrize(("kind", "given", "wanted"), CASES, ids=[str(kind) for kind, _, _ in CASES])
def test_cattrs_reads_what_it_wrote(kind: Any, given: Any, wanted: Any) -> None:
    converter = CATTRS["converter"]
    made = converter.structure(given, kind)
    assert made == wanted and {type(each) for each in sets_in(made)} == {LockedSet}
    assert converter.loads(converter.dumps(made, kind), kind) == made


def test_wrong_elements_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `str`"):
        msgspec.convert(["one"], LockedSet[int], dec_hook=MSGSPEC["dec_hook"])
    with pytest.raises(cattrs.BaseValidationError):
        CATTRS["converter"].structure(["one"], LockedSet[int])


def test_without_the_hooks_they_say_so() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `LockedSet`, got `list`"):
        msgspec.convert([1], LockedSet[int])
    with pytest.raises(cattrs.StructureHandlerNotFoundError, match="Register a structure hook"):
        cattrs.Converter().structure([1], LockedSet[int])


class Growing(LockedSet[int]):
    """Gets another element between two steps of its reader, as if a thread had added it."""

    @override
    def __iter__(self) -> Iterator[int]:
        self.add(99)
        return super().__iter__()


def test_a_set_that_changes_is_whole_in_json_and_by_way_of_builtins() -> None:
    whole = {1, 2, 99}
    assert set(msgspec.json.decode(msgspec.json.encode(Growing([1, 2])))) == whole
    packed = msgspec.msgpack.encode(msgspec.to_builtins(Growing([1, 2])))
    assert set(msgspec.msgpack.decode(packed)) == whole


def test_the_message_pack_of_a_set_that_changes_cannot_be_read() -> None:
    """Why the document has the way by builtins. If msgspec mends it, the document is to change."""
    packed = msgspec.msgpack.encode(Growing([1, 2]))
    with pytest.raises(msgspec.DecodeError, match="malformed"):
        msgspec.msgpack.decode(packed)
