"""Are blocks of `with`, objects with methods, and things to be given back operations, each step by itself?"""

from __future__ import annotations

import pytest

from lockproof import infer
from lockproof.core.operation import OperationKind
from lockproof.inference.conformance import conform
from tests.corpus import handed, observed, tokens
from tests.lockproof.inference import handing

pytestmark = pytest.mark.two_builds


def kinds(cls: type) -> dict[str, OperationKind]:
    return {kind.text: kind for kind in infer(cls).operations}


def test_the_two_ends_of_a_block_are_operations() -> None:
    for cls in (handed.BrokenGuests, handed.MendedGuests):
        found = kinds(cls)
        assert found["leave(a, slot)"].after == ("enter(a, a.visit(), slot)",)
        assert "a.visit()" not in found
    assert kinds(handed.MendedDoor)["a.__exit__(None, None, None)"].after == ("a.__enter__()",)


@pytest.mark.parametrize("cls", [handed.BrokenLedger, handed.MendedLedger])
def test_a_block_that_excludes_others_is_one_step(cls: type) -> None:
    found = kinds(cls)
    assert "[(a.count(), a.count()) for _ in held(a.frozen())]" in found
    assert not any("enter(" in text for text in found)


def test_a_block_that_others_can_see_has_two_ends() -> None:
    assert "enter(a, a.place(), slot)" in kinds(handing.Single)


def test_two_reads_need_not_agree_in_a_block_that_does_not_exclude_all_and_promises_nothing() -> None:
    assert "[a.count() for _ in held(a.session())]" in kinds(handing.Register)


def test_what_a_decorator_wraps_is_told_by_what_it_returns() -> None:
    specification = infer(handing.Wrapped)
    found = {kind.text for kind in specification.operations}
    assert {"list(a.drain())", "enter(a, a.visit(), slot)"} <= found
    assert [note for note in specification.notes if "left out" in note] == [
        "later is left out: it is asynchronous",
        "__aenter__ is left out: async with is asynchronous",
        "forbidden is left out: no `with` block of it could be entered and left",
    ]


def test_a_block_that_ends_the_object_is_left_out_with_a_word() -> None:
    specification = infer(handing.Service)
    assert "__enter__ is left out: __exit__ calls close, which may end the object" in specification.notes
    assert [kind.text for kind in specification.operations] == ["a.state()", "a.close()"]


def test_methods_of_what_is_handed_out_are_operations() -> None:
    found = kinds(handed.MendedHall)
    assert found["back(a, slot).cancel()"].after == ("keep(a, a.reserve(x_seats), slot)",)
    uses = kinds(handing.Pool)["kept(a, slot).query()"]
    assert set(uses.after) == {"keep(a, a.acquire(), slot)", "enter(a, a.connection(), slot)"}


def test_an_object_that_every_call_gives_is_used_by_all_threads() -> None:
    assert "kept(a).count()" in kinds(handed.MendedMeters)
    assert "keep(a, a.meter(x_name))" in {kind.text for kind in infer(handed.MendedMeters).init or ()}
    assert "kept(a, slot).query()" in kinds(handing.Local)


def test_what_a_method_takes_that_refuses_all_else_is_given_to_it() -> None:
    found = kinds(handed.MendedVouchers)
    assert found["a.pay(back(a, slot))"].after == ("keep(a, a.issue(x_amount), slot)",)
    assert found["a.pay(kept(a))"].after == ("keep(a, a.issue(x_amount))",)
    assert not any("kept" in text for text in kinds(handed.MendedGuests))


def test_blocks_that_exclude_one_another_are_one_step_each() -> None:
    found = kinds(handing.Readers)
    assert {"[None for _ in held(a.reading())]", "[None for _ in held(a.writing())]"} <= set(found)


def test_what_a_block_gives_is_used_until_a_call_ends_it() -> None:
    found = kinds(handing.Store)
    begin = ("enter(a, a.batch(), slot)",)
    assert [found[text].after for text in ("kept(a, slot).put(x_number)", "back(a, slot).commit()")] == [begin] * 2


def test_a_method_that_returns_a_lock_is_called_by_itself_too() -> None:
    """Two threads may be given different locks for one key."""
    assert "a.guard_of(x_key)" in kinds(observed.BrokenKeyed)


def test_a_token_that_no_run_repeats_is_given_back_too() -> None:
    found = conform(infer(handing.Leases), seed=1, seconds=0.1).specification
    assert "keep(a, a.grant(x_name))" in {kind.text for kind in found.init or ()}
    assert {"a.redeem(kept(a))", "a.redeem(back(a, slot))"} <= {kind.text for kind in found.operations}


def test_what_a_subject_refuses_outside_of_its_block_is_done_inside() -> None:
    found = kinds(handing.Signals)
    assert {"[a.wait() for _ in held(a)]", "[a.notify() for _ in held(a)]"} <= found.keys()
    assert "a.broken()" in found and not any("broken" in text and "held" in text for text in found)
    found = kinds(handing.Ledger)
    assert "[a.write(x_amount) for _ in held(a)]" in found and "a.peek()" in found


def test_what_is_handed_out_is_asked_for_with_a_number_too() -> None:
    found = kinds(handing.Hall)
    fuller = "keep(a, a.sell(seats=x_seats), slot)"
    assert fuller in found
    assert found["back(a, slot).cancel()"].after == ("keep(a, a.sell(), slot)", fuller)
    assert not any("keep(" in text and "x_" in text for text in kinds(handed.MendedGuests))


def test_a_method_gets_what_another_returned_if_it_answers_otherwise_then() -> None:
    assert not [text for text in kinds(handing.Labels) if "keep" in text or "kept" in text]
    found = kinds(handing.KnownLabels)
    assert found["a.known(kept(a, slot))"].after == ("keep(a, a.label(), slot)",)
    assert found["a.known(kept(a))"].reads and found["a.known(kept(a))"].after == ("keep(a, a.label())",)
    assert {"a.drop(kept(a))", "a.drop(back(a, slot))"} <= found.keys()
    assert not [text for text in found if "shout(kept" in text or "again(kept" in text]


def test_random_keys_get_to_the_methods_that_know_them_and_operations_of_other_names_fill() -> None:
    specification = infer(tokens.MendedLogins)
    assert "a.user_of(kept(a, slot))" in {kind.text for kind in specification.operations}
    assert {kind.text for kind in specification.init or ()} == {"keep(a, a.login(x_user))", "a.login(x_user)"}


def test_two_threads_use_what_has_a_lock_of_its_own() -> None:
    assert kinds(handing.Exchange)["kept(a).close()"].after == ("keep(a, a.line())",)
    assert "back(a, slot).close()" in kinds(handing.Exchange)
    assert not [text for text in kinds(handing.BareExchange) if "kept(a)." in text]


def test_a_sequence_is_asked_for_places_and_a_mapping_for_keys() -> None:
    assert kinds(handing.Files)["a[k]"].holes == {"k": (0, 1)}
    assert kinds(handing.Ages)["a[k]"].holes == {"k": ("x", "y")}
