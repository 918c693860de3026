"""Dataclasses as JSON and back, checked strictly: for reports, for files, and for messages between processes.

`encode` turns dataclasses, enumerations, tuples, sets and mappings into what `json` writes. `decode` builds a value of
a given type and refuses data that does not fit: an unknown field, a missing field, a value of another type. A class
with its own methods `to_json` and `from_json` is written and read by these methods.

Rejected: cattrs and mashumaro take 130 ms to import, in each of the three processes of a check; dacite takes 60
microseconds for a dataclass of two fields, and refuses enumerations as keys; msgspec has no wheel for every build.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeAliasType, Union, get_args, get_origin, get_type_hints

type Read = Callable[[Any], Any]


class Misfit(ValueError):
    """Raised by `decode` for data that is no value of the wanted type; the message names the field."""


def encode(value: Any) -> Any:
    """Return `value` as dicts, lists, strings and numbers, which `json` can write. Sets become sorted lists."""
    kind = type(value)
    if kind in (str, int, float, bool, types.NoneType):
        return value
    if (own := getattr(value, "to_json", None)) is not None and hasattr(kind, "from_json"):
        return own()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(kind):
        return {name: encode(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, Mapping):
        return {encode(key): encode(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(encode, value))
    return list(map(encode, value))


def decode[T](kind: type[T], data: Any) -> T:
    """Return the value of type `kind` that `encode` turned into `data`.

    Raises:
        Misfit: `data` is no value of this type.

    """
    read: Callable[[Any], T] = _reader(kind)  # type: ignore[arg-type]  # a type is hashable
    return read(data)


def decode_fields[T](kind: type[T], data: Any) -> T:
    """Return the dataclass of type `kind` with the values of these fields, whether or not it has methods of its own.

    Raises:
        Misfit: `data` is no value of this type.

    """
    read: Callable[[Any], T] = _dataclass(kind)  # type: ignore[arg-type]  # a type is hashable
    return read(data)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@cache
def _reader(kind: Any) -> Read:
    """Return the function that builds a value of type `kind`. The cache makes one for each type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, TypeAliasType):
        return _reader(kind.__value__)
    if kind is Any:
        return lambda data: data
    if origin in (Union, types.UnionType):
        return _one_of(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin in (list, frozenset, Sequence):
        return _collection({list: list, frozenset: frozenset}.get(origin, tuple), arguments[0])
    if origin in (dict, Mapping):
        return _mapping(dict, *arguments)
    if origin is Counter:
        return _mapping(Counter, arguments[0], int)
    if hasattr(kind, "from_json"):
        return _by_its_own_method(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    if issubclass(kind, Enum):
        return _enumeration(kind)
    return _plain(kind)


def _plain(kind: type) -> Read:
    allowed = (int, float) if kind is float else (kind,)

    def read(data: Any) -> Any:
        if type(data) not in allowed:
            raise Misfit(f"{data!r} is no {kind.__name__}")
        return data

    return read


def _enumeration(kind: type[Enum]) -> Read:
    def read(data: Any) -> Enum:
        try:
            return kind(data)
        except ValueError:
            raise Misfit(f"{data!r} is no {kind.__name__}") from None

    return read


def _by_its_own_method(kind: Any) -> Read:
    def read(data: Any) -> Any:
        try:
            return kind.from_json(data)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise Misfit(f"no {kind.__name__}: {error!r}") from None

    return read


def _one_of(kinds: Sequence[Any]) -> Read:
    readers = [_reader(each) for each in kinds if each is not types.NoneType]
    optional = len(readers) < len(kinds)

    def read(data: Any) -> Any:
        if data is None and optional:
            return None
        misfits = []
        for each in readers:
            try:
                return each(data)
            except Misfit as misfit:
                misfits.append(str(misfit))
        raise Misfit("; ".join(misfits))

    return read


def _tuple(kinds: Sequence[Any]) -> Read:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return _collection(tuple, kinds[0])
    readers = list(map(_reader, kinds))

    def read(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list) or len(data) != len(readers):
            raise Misfit(f"{data!r} is no list of {len(readers)}")
        return tuple(each(part) for each, part in zip(readers, data, strict=True))

    return read


def _collection(made: Callable[[Any], Any], kind: Any) -> Read:
    reader = _reader(kind)

    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise Misfit(f"{data!r} is no list")
        return made(map(reader, data))

    return read


def _mapping(made: Callable[[Any], Any], key: Any, value: Any) -> Read:
    read_key, read_value = _reader(key), _reader(value)

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise Misfit(f"{data!r} is no object")
        return made({read_key(each): read_value(part) for each, part in data.items()})

    return read


@cache
def _dataclass(kind: Any) -> Read:
    hints = get_type_hints(kind)
    readers = {each.name: _reader(hints[each.name]) for each in fields(kind) if each.init}
    needed = {
        each.name for each in fields(kind) if each.init and each.default is MISSING and each.default_factory is MISSING
    }

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise Misfit(f"{data!r} is no {kind.__name__}")
        if unknown := data.keys() - readers.keys():
            raise Misfit(f"{kind.__name__} has no field {min(unknown)}")
        if missing := needed - data.keys():
            raise Misfit(f"{kind.__name__} lacks its field {min(missing)}")
        values = {}
        for name, part in data.items():
            try:
                values[name] = readers[name](part)
            except Misfit as misfit:
                raise Misfit(f"{kind.__name__}.{name}: {misfit}") from None
        return kind(**values)

    return read
