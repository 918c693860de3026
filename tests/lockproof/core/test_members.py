"""Is it seen by its syntax alone which members of the class a line calls?"""

from __future__ import annotations

import pickle

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.members import Omitted, members_of, refuse_unknown

pytestmark = pytest.mark.one_build


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ("a.add(1)", {"add"}),
        ("a.size", {"size"}),
        ("len(a)", {"__len__"}),
        ("1 in a", {"__contains__"}),
        ("1 not in b", {"__contains__"}),
        ("a[1]", {"__getitem__"}),
        ("a[1] = 2", {"__setitem__"}),
        ("del a[1]", {"__delitem__"}),
        ("a(1)", {"__call__"}),
        ("a |= {1}", {"__ior__", "__or__"}),
        ("{1} - a", {"__sub__"}),
        ("[x for x in a]", {"__iter__"}),
        ("[*a]", {"__iter__"}),
        ("next(a)", {"__next__"}),
        ("list(reversed(a))", {"__reversed__"}),
        ("{**a}", {"keys", "__getitem__"}),
        ("a.connection().run(1)", {"connection", "run"}),
        ("Single.instance()", {"instance"}),
        ("type(a).instance()", {"instance"}),
        # Not members of the class:
        ("pickle.loads(pickle.dumps(a))", set()),
        ("a == b", set()),
        ("a.listen(lambda x: a.close())", {"listen"}),
        ("a.update(len(x) for x in [[1]])", {"update"}),
    ],
)
def test_the_members_that_a_line_calls(line: str, called: set[str]) -> None:
    assert members_of(line) == called


def test_a_misspelt_name_is_refused_with_the_nearest_and_a_right_one_is_not() -> None:
    refuse_unknown(["close"], ["close", "add"], "Bag")
    with pytest.raises(LockproofError, match="did you mean close") as caught:
        refuse_unknown(["clsoe"], ["close", "add"], "Bag")
    assert "no public member clsoe" in caught.value.fact


def test_a_note_knows_what_it_is_about_and_is_pickled_as_it_is() -> None:
    note = pickle.loads(pickle.dumps(Omitted("close", "it ends the object")))
    assert (note, note.what, note.why) == ("close is left out: it ends the object", "close", "it ends the object")
