"""From the name of a target to its specification: imports the target, and says what is wrong if that fails.

This runs in the child process, since an import runs the user's code.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import told, trace_of_raised
from lockproof.core.specification import Specification
from lockproof.inference.fresh import FreshObject
from lockproof.inference.from_class import infer as infer  # lockproof.infer is this one
from lockproof.inference.from_module import infer_module


def load_specification(target: Any, model: Any = None, factory: Any = None, name: str = "") -> Specification:
    """Return the specification of a target.

    Args:
        target: A `Specification`, a class, a module, a function of one, or the name of any of these or of an object
            that a module keeps: `module`, `module:name`, `path/file.py` or `path/file.py:name`.
        model: A class, its name, or the name of a kind like `set`; None: the model is inferred.
        factory: A function without parameters that makes a subject, or its name; None: the class makes it.
        name: The name of the target in reports; empty: its own.

    Raises:
        LockproofError: The target cannot be imported, does not exist, or no specification can be inferred.

    """
    subject = load(target) if isinstance(target, str) else target
    name = name or (target if isinstance(target, str) else _name(subject))
    make: Callable[[], Any] | None = load(factory) if isinstance(factory, str) else factory
    if make is not None and not callable(make):
        raise LockproofError(f"{factory} is not callable", "a factory is a function without parameters")
    if isinstance(subject, Specification):
        if model is not None or make is not None:
            raise LockproofError(
                f"{name} is a specification: it says its own model and factory", "", "leave the options out"
            )
        return replace(subject, subject_name=subject.subject_name or name)
    if subject is threading.RLock and not isinstance(subject, type):
        subject = type(subject())  # a function, in place of the class whose objects it makes
    if isinstance(subject, ModuleType) or (not isinstance(subject, type) and callable(subject)):
        if model is not None or make is not None:
            raise LockproofError(
                f"{name} is not a class but {'a module' if isinstance(subject, ModuleType) else 'a function'}",
                "a model and a factory are for objects of a class",
                "leave the options out, or name the class",
            )
        return replace(_of_functions(subject, name), subject_name=name)
    if not isinstance(subject, type):
        make = make or _object_of_a_module(subject, name)
        subject = type(subject)
    kind = load(model) if isinstance(model, str) and ":" in model else model
    return replace(infer(subject, model=kind, factory=make), subject_name=name)


def _object_of_a_module(subject: Any, name: str) -> FreshObject:
    """Return what makes an object anew that a module keeps."""
    place, _, attribute = name.rpartition(":")
    found = load(name) if place else None
    if type(subject).__module__ == "builtins" or type(found).__qualname__ != type(subject).__qualname__:
        raise LockproofError(
            f"{name} is not a class but {type(subject).__name__}",
            "a check needs a class, a function, a module, an object that a module keeps, or a Specification",
            "name the class of the object",
        )
    return FreshObject(load(place), attribute)


def _of_functions(subject: Any, name: str) -> Specification:
    """Return the specification of the functions of a module, or of one of its functions."""
    if isinstance(subject, ModuleType):
        return infer_module(subject)
    module = sys.modules.get(getattr(subject, "__module__", None) or "")
    function = name.rpartition(":")[2]
    if module is None or getattr(module, function, None) is not subject:
        raise LockproofError(
            f"{name} is not a function of a module",
            "each run needs its module anew, and the function in it by its name",
            "name a class, a module, or module:function",
        )
    return infer_module(module, function)


def load(name: str) -> Any:
    """Return the object that `module:name` or `path/file.py:name` names; without a name the module itself.

    Raises:
        LockproofError: the import fails, or there is no such name; the error says where, and gives similar names.

    """
    place, colon, attribute = name.rpartition(":")
    if not colon and name:
        return _whole_module(name)
    if not place or not attribute:
        raise LockproofError(
            f"{name!r} does not name a class", "the form is module:Class or path/file.py:Class",
            f"write {place or attribute}:Class" if place or attribute else "",
        )  # fmt: skip
    module = _from_file(Path(place)) if place.endswith(".py") else _by_name(place)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            import difflib

            near = difflib.get_close_matches(part, dir(found), 3)
            step = f"did you mean {' or '.join(near)}?" if near else f"look into {module.__file__ or place}"
            raise LockproofError(f"{place} has no {attribute}", "a misspelt name", step)
        found = getattr(found, part)
    return found


def _whole_module(name: str) -> ModuleType:
    """Return the module that a name without a colon names. A class of a module is a mistake that is explained."""
    if name.endswith(".py") or "/" in name:
        return _from_file(Path(name))
    try:
        return _by_name(name)
    except LockproofError as error:
        outer, dot, last = name.rpartition(".")
        if not dot or "there is no module" not in error.fact:
            raise
        raise LockproofError(
            f"{name!r} is no module", "a class of a module is named as module:Class", f"write {outer}:{last}"
        ) from None


class Replaced:
    """An import finder that loads modules from other files than their own. `files` has those by module name."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module that is in the table; None for any other."""
        file = self._files.get(fullname)
        if file is None:
            return None
        own = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        places = own.submodule_search_locations if own is not None else None
        return importlib.util.spec_from_file_location(fullname, file, submodule_search_locations=places)


def replace_modules(files: Mapping[str, str]) -> None:
    """Import modules from these files from now on. Modules that are loaded already are loaded again.

    `files` are keyed by module name, or by the path of the file that is replaced. Names imported before keep their
    old objects.
    """
    sys.meta_path.insert(0, Replaced(files))
    _replaced.update(files)
    for name in [each for each in files if each in sys.modules]:
        del sys.modules[name]
        importlib.import_module(name)


_replaced: dict[str, str] = {}


def _by_name(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise LockproofError(
                f"there is no module {error.name}",
                "it is not installed in this Python, or its directory is not on the path",
                f"install it, or run from its directory, or name the file: path/to/{name.rpartition('.')[2]}.py:Class",
            ) from None
        raise _broken(name, error) from None
    except Exception as error:
        raise _broken(name, error) from None
    except SystemExit as error:
        raise LockproofError(
            f"importing {name} ended the process (sys.exit({error.code!r}))", "a script without a main guard"
        ) from None


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise LockproofError(f"there is no file {path}", "a misspelt path, or another working directory")
    full = path.resolve()
    if (full.parent / "__init__.py").is_file():
        return _of_package(full)
    spec = importlib.util.spec_from_file_location(full.stem, _replaced.get(str(full), full))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[full.stem] = module
    sys.path.insert(0, str(full.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _broken(str(path), error) from None
    except SystemExit as error:
        raise LockproofError(
            f"importing {path} ended the process (sys.exit({error.code!r}))", "a script without a main guard"
        ) from None
    return module


def _of_package(file: Path) -> ModuleType:
    """Return the module of a file in a package, imported as part of it: its relative imports work."""
    parts, folder = [] if file.name == "__init__.py" else [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    name = ".".join(parts)
    if str(file) in _replaced and name not in _replaced:
        replace_modules({name: _replaced[str(file)]})
    return _by_name(name)


def _broken(name: str, error: BaseException) -> LockproofError:
    frames = [each for each in traceback.extract_tb(trace_of_raised(error)) if "importlib" not in each.filename]
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames and frames[-1].filename != __file__ else ""
    if isinstance(error, SyntaxError) and error.filename:
        where = f" at {error.filename}:{error.lineno}"
    return LockproofError(
        f"{name} does not import: {told(error)}{where}",
        "the module itself is at fault",
        "mend it first",
    )


def _name(subject: object) -> str:
    return f"{getattr(subject, '__module__', '?')}:{getattr(subject, '__qualname__', type(subject).__name__)}"
