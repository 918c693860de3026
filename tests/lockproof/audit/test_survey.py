"""Is each thing of a package that a check can judge found once, by its public name, and has the rest a reason?"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockproof.audit import surveying
from lockproof.audit.listing.contents import STATELESS, contents_of
from lockproof.audit.modules import MAIN, PRIVATE, TESTS, modules_of
from lockproof.audit.surveying import INSIDE, NOTHING, survey_of
from lockproof.core.errors import LockproofError
from lockproof.core.survey import Contents, Survey
from lockproof.engines.threads.patience import Patience
from lockproof.inference.target import load, load_specification
from tests.repository.documents.blocks import environment_of_commands

pytestmark = pytest.mark.one_build

PACKAGE = {
    "shop/__init__.py": "from shop._impl import Bag\nfrom shop.stock import Shelf\nfrom queue import Queue\n",
    "shop/__main__.py": "raise SystemExit(3)\n",
    "shop/_impl.py": "class Bag:\n    def add(self): pass\nclass Hidden:\n    def add(self): pass\n",
    "shop/stock.py": "class Shelf:\n    def put(self): pass\nclass Box:\n    def put(self): pass\nCrate = Box\n",
    "shop/tests/__init__.py": "",
    "shop/tests/test_it.py": "class TestIt:\n    def run(self): pass\n",
    "shop/ends.py": "import os\nos._exit(7)\n",
    "shop/exits.py": "import sys\nsys.exit(2)\n",
    "shop/missing.py": "import there_is_no_such_module\n",
    "shop/broken/__init__.py": "1 / 0\n",
    "shop/broken/inner.py": "class Inner:\n    def put(self): pass\n",
    "shop/last.py": "count = {}\ndef tick(): count['n'] = 1\n",
    "shop/empty.py": "",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def surveyed(asked: str, longest: float = 60.0) -> Survey:
    modules = modules_of(asked)
    assert modules is not None
    return survey_of(asked, modules, longest=longest)


def test_a_package_has_each_target_once_and_all_else_has_a_reason(folder: Path) -> None:
    write(folder, PACKAGE)
    found = surveyed("shop")
    assert [each.target for each in found.found] == ["shop.last", "shop.stock:Box", "shop:Bag", "shop:Shelf"]
    aliases = {each.target: each.aliases for each in found.found}
    assert aliases["shop.stock:Box"] == ("shop.stock:Crate",) and aliases["shop:Shelf"] == ("shop.stock:Shelf",)
    assert {each.name: each.why for each in found.left_out} == {
        "shop.__main__": MAIN, "shop._impl": PRIVATE, "shop.tests": TESTS, "shop.empty": NOTHING,
        "shop.broken.inner": INSIDE,
    }  # fmt: skip
    reasons = {each.name: each.why for each in found.broken}
    assert list(reasons) == ["shop.broken", "shop.ends", "shop.exits", "shop.missing"]
    assert "ZeroDivisionError" in reasons["shop.broken"] and "status 7" in reasons["shop.ends"]
    assert "sys.exit(2)" in reasons["shop.exits"] and "there_is_no_such_module" in reasons["shop.missing"]


def test_an_import_that_never_ends_is_told_and_the_next_module_is_looked_at(folder: Path) -> None:
    hangs = "import threading\nthreading.Event().wait()\n"
    write(folder, {"p/__init__.py": "", "p/a.py": hangs, "p/b.py": "class B:\n    def go(self): pass\n"})
    found = surveyed("p", longest=6.0)
    assert [each.target for each in found.found] == ["p.b:B"]
    assert [(each.name, each.why) for each in found.broken] == [("p.a", "its import did not end within 6 s")]


def test_a_child_that_gets_no_processor_has_more_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(Patience):
        """What a machine shows that gives the import no processor."""

        def over(self) -> bool:
            return super().over() and time.monotonic() - self._since > 30.0

    slow = "import time\ntime.sleep(1.0)\nclass B:\n    def go(self): pass\n"
    write(folder, {"p/__init__.py": slow})
    monkeypatch.setattr(surveying, "Patience", Busy)
    assert [each.target for each in surveyed("p", longest=0.5).found] == ["p:B"]


def test_a_directory_is_named_by_files_unless_python_imports_it_from_there(folder: Path) -> None:
    source = {"__init__.py": "", "one.py": "from .two import helper\nclass One:\n    def go(self): pass\n",
              "two.py": "def helper(): pass\n"}  # fmt: skip
    write(folder, {f"src/away/{name}": text for name, text in source.items()})
    write(folder, {f"here/{name}": text for name, text in source.items()})
    assert [each.target for each in surveyed("src/away").found] == ["src/away/one.py:One"]
    assert [each.target for each in surveyed("src").found] == ["src/away/one.py:One"]
    assert [each.target for each in surveyed("here").found] == ["here.one:One"]
    assert load("src/away/one.py:One").__module__ == "away.one"
    write(folder, {"empty/readme.txt": ""})
    with pytest.raises(LockproofError, match="no module of Python"):
        modules_of("empty")


def test_what_is_no_module_is_nothing(folder: Path) -> None:
    assert folder.is_dir()
    for name in ("there_is_no_such_package", "queue.Queue", "none.py", "a..b", ""):
        assert modules_of(name) is None


CLASSES = """
import abc, collections, dataclasses, enum, functools, itertools, logging, threading, typing

class Plain:
    def go(self): pass
class OnlyOperators:
    def __getitem__(self, key): pass
class Wrong(Exception):
    def go(self): pass
class Colour(enum.Enum): RED = 1
class Meta(type): pass
class Shape(typing.Protocol):
    def go(self): ...
class Row(typing.TypedDict):
    x: int
class Pair(typing.NamedTuple):
    x: int
class Base(abc.ABC):
    @abc.abstractmethod
    def go(self): ...
class Concrete(Base):
    def go(self): pass
@dataclasses.dataclass
class Data:
    x: int = 0
@dataclasses.dataclass
class Acting:
    x: int = 0
    def go(self): pass
class Async:
    async def go(self): pass
class Empty: pass
class Hinted:
    def __init__(self, n): pass
    def go(self): pass
class _Registry:
    def go(self): pass
_hidden = _Registry()
registry = _Registry()
plain = Plain()
"""


def contents(folder: Path, text: str) -> Contents:
    name = f"m{len(list(folder.iterdir()))}_{abs(hash(text))}"
    write(folder, {f"{name}.py": text})
    try:
        return contents_of(load(name), name, name)
    finally:
        del sys.modules[name]


def test_the_kinds_of_classes_that_a_check_can_show_nothing_of_are_left_out(folder: Path) -> None:
    found = {each.name: each for each in contents(folder, CLASSES).exports}
    assert [name for name, each in found.items() if not each.why] == [
        "Plain", "OnlyOperators", "Concrete", "Acting", "Hinted", "registry", "plain",
    ]  # fmt: skip
    assert [each.why for each in found.values() if each.why] == [
        "exceptions", "enumerations", "metaclasses", "protocols", "typed dicts and named tuples",
        "typed dicts and named tuples", "abstract classes", "dataclasses without methods", "asynchronous classes",
        "classes without public methods",
    ]  # fmt: skip
    assert found["Hinted"].needs and not found["Plain"].needs


def test_an_object_is_checked_where_its_class_is_not(folder: Path) -> None:
    write(folder, {"objects.py": CLASSES})
    found = [each.target for each in surveyed("objects").found]
    assert "objects:registry" in found and "objects:Plain" in found and "objects:plain" not in found


def test_an_object_is_checked_where_it_is_made(folder: Path) -> None:
    made = "class _Registry(dict):\n    def go(self): pass\nregistry = _Registry()\n"
    write(folder, {"q/__init__.py": "from q.made import registry\n", "q/made.py": made})
    found = surveyed("q")
    assert [(each.target, each.aliases) for each in found.found] == [("q.made:registry", ("q:registry",))]
    assert isinstance(load_specification("q.made:registry").subject(), dict)
    with pytest.raises(LockproofError, match="does not make registry itself"):
        load_specification("q:registry")


def test_an_object_of_which_there_is_only_one_is_left_out(folder: Path) -> None:
    symbol = (
        "class _S:\n    every = {}\n    def go(self): pass\ndef named(name): return _S.every.setdefault(name, _S())\n"
    )
    write(folder, {"q/__init__.py": "", "q/_symbols.py": symbol})
    write(folder, {"q/made.py": "from q._symbols import _S, named\nANY = named('ANY')\nother = _S()\n"})
    found = surveyed("q")
    assert [each.target for each in found.found] == ["q.made:other"]
    assert ("q.made:ANY", "objects of which there is only one") in [(each.name, each.why) for each in found.left_out]


@pytest.mark.parametrize(
    "text",
    [
        "n = 0\ndef f():\n    global n\n    n = 1\n",
        "seen = {}\ndef f(): seen[1] = 2\n",
        "_CACHE = {}\ndef f(): _CACHE[1] = 2\n",
        "import functools\n@functools.lru_cache\ndef f(x): return x\n",
        "def f(x, seen=[]): seen.append(x)\n",
        "import itertools\nnumbers = itertools.count()\ndef f(): return next(numbers)\n",
        "class _C: n = 0\nstate = _C()\ndef _g(): state.n = 1\ndef f(): _g()\n",
        "def _made():\n    seen = []\n    def f(): seen.append(1)\n    return f\nf = _made()\n",
    ],
)
def test_functions_that_share_state_are_a_target(folder: Path, text: str) -> None:
    found = contents(folder, text)
    assert found.functions == 1 and found.stateless == ""


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return x\n",
        "TABLE = {1: 2}\ndef f(x): return TABLE[x]\n",
        "seen = {}\ndef f(x): return x\n",
        "import logging\nlog = logging.getLogger()\ndef f(): log.info('')\n",
        "import re\nword = re.compile('x')\ndef f(x): return word.match(x)\n",
        "def f(x, names=()): return x\n",
    ],
)
def test_functions_that_share_nothing_are_none(folder: Path, text: str) -> None:
    found = contents(folder, text)
    assert found.functions == 1 and found.stateless == STATELESS


def test_a_listed_class_of_a_private_module_beside_is_the_packages_own_and_one_of_another_package_is_not(
    folder: Path,
) -> None:
    body = "class Fast:\n    def go(self): pass\n"
    write(folder, {"_speedups.py": body, "other.py": body.replace("Fast", "Foreign")})
    imports = "from _speedups import Fast\nfrom other import Foreign\n"
    listed = contents(folder, f"{imports}__all__ = ['Fast', 'Foreign']\n")
    assert [each.name for each in listed.exports] == ["Fast"]
    assert contents(folder, imports).exports == ()


def test_the_child_has_ended_when_the_answers_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children = []
    start = surveying.subprocess.Popen

    def kept(*words: object, **more: object) -> object:
        children.append(start(*words, **more))  # type: ignore[call-overload]
        return children[-1]

    monkeypatch.setattr(surveying.subprocess, "Popen", kept)
    write(folder, {"runs.py": "import threading\nthreading.Thread(target=threading.Event().wait).start()\n"})
    assert surveyed("runs").broken == ()
    assert [child.poll() is not None for child in children] == [True]


LOADING = """
import sys
from lockproof.inference.target import load, replace_modules
if sys.argv[1:]:
    replace_modules({sys.argv[1]: sys.argv[2]})
print(load("src/away/one.py:One")().says())
"""


def test_a_file_in_a_package_is_loaded_as_its_module_also_where_it_is_replaced(folder: Path) -> None:
    one = "from .two import two\nclass One:\n    def says(self): return two\n"
    write(folder, {"src/away/__init__.py": "", "src/away/two.py": "two = 2\n", "src/away/one.py": one})
    write(folder, {"other.py": one.replace("return two", "return -two")})

    def said(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", LOADING, *words], env=environment_of_commands(), capture_output=True, text=True,
            timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    assert said() == "2\n"
    assert said(str((folder / "src/away/one.py").resolve()), str(folder / "other.py")) == "-2\n"
