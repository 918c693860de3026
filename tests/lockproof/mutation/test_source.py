"""Are pieces of a text cut out and put elsewhere correctly, wherever they are and however they are written?

Over files of the standard library: each expression and each statement, cut out and put elsewhere, must parse to the
same nodes.
"""

from __future__ import annotations

import ast
import queue
import re
import sys
import textwrap
import threading
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lockproof.mutation.layout import MARGIN
from lockproof.mutation.source import Source
from lockproof.mutation.syntax import arguments, identifiers
from lockproof.mutation.tree import NewStatement

pytestmark = pytest.mark.two_builds

MODULES = [queue, threading, textwrap, typing]


def source_of(module: ModuleType) -> Source:
    file = str(module.__file__)
    return Source(module.__name__, file, Path(file).read_text(encoding="utf-8"))


def parsed(text: str) -> Source:
    return Source("m", "m.py", text)


def shape(node: ast.AST) -> str:
    """Return the structure of a node, regardless of whether it is read or bound."""
    return re.sub(r"(, )?ctx=\w+\(\)", "", ast.dump(node))


def expressions(source: Source) -> Iterator[ast.expr]:
    """Yield those that can stand alone, unlike a piece of an f-string, a slice or `*x`."""
    for node in source.nodes:
        around = (node, *source.ancestors(node), *source.children(node))
        if isinstance(node, ast.expr) and not any(
            isinstance(each, (ast.JoinedStr, ast.Slice, ast.Starred)) for each in around
        ):
            yield node


def statements(source: Source) -> Iterator[ast.stmt]:
    """Yield those that can stand anywhere, unlike `return` and `elif`."""
    for node in source.nodes:
        bound = isinstance(node, (ast.Return, ast.Nonlocal, ast.Break, ast.Continue))
        if isinstance(node, ast.stmt) and not bound and not (isinstance(node, ast.If) and source.is_elif(node)):
            yield node


@pytest.mark.parametrize("module", MODULES)
def test_the_text_of_an_expression_is_that_expression(module: ModuleType) -> None:
    source = source_of(module)
    found = list(expressions(source))
    assert len(found) > 200
    for node in found:
        expected = shape(node)
        for text in {source.code(node), source.bare(node)}:
            assert shape(ast.parse(f"({text})", mode="eval").body) == expected, text


@pytest.mark.parametrize("module", MODULES)
def test_a_statement_is_the_same_at_another_indent(module: ModuleType) -> None:
    source = source_of(module)
    found = list(statements(source))
    assert len(found) > 90
    for node in found:
        made = source.new_statement(node)
        text = "\n".join(f"{MARGIN}{line.removeprefix(MARGIN)}" for line in (*made.above, made.text))
        moved = "if 1:\n" + text.replace(MARGIN, " " * 7)
        choice = ast.parse(moved).body[0]
        assert isinstance(choice, ast.If)
        assert shape(choice.body[0]) == shape(node), moved


@pytest.mark.parametrize("module", MODULES)
def test_without_edits_the_text_is_unchanged_and_nodes_are_in_its_order(module: ModuleType) -> None:
    source = source_of(module)
    assert source.edited([]) == source.text
    lines = [source.line(node) for node in source.nodes if isinstance(node, ast.stmt)]
    assert lines == sorted(lines)


def first(source: Source, kind: type[ast.AST]) -> ast.AST:
    return next(node for node in source.nodes if isinstance(node, kind))


@pytest.mark.parametrize(
    ("text", "kind", "code", "bare"),
    [
        ("x = ((a + b))", ast.BinOp, "((a + b))", "a + b"),
        ("f(a + b)", ast.BinOp, "a + b", "a + b"),
        ("f((a + b))", ast.BinOp, "(a + b)", "a + b"),
        ("f (a + b)", ast.BinOp, "a + b", "a + b"),
        ("if (a + b): pass", ast.BinOp, "(a + b)", "a + b"),
        ("match(a + b)", ast.BinOp, "a + b", "a + b"),
        ("class A(b.c): pass", ast.Attribute, "b.c", "b.c"),
        ("f(x for x in y)", ast.GeneratorExp, "x for x in y", "x for x in y"),
        ("f((x for x in y))", ast.GeneratorExp, "(x for x in y)", "(x for x in y)"),
        ("ä = 'ö', (a + b)", ast.BinOp, "(a + b)", "a + b"),
        ("x = (  # why\n    a + b\n)", ast.BinOp, "(  # why\n    a + b\n)", "a + b"),
    ],
)
def test_parentheses_are_those_of_the_expression(text: str, kind: type[ast.expr], code: str, bare: str) -> None:
    source = parsed(text)
    node = first(source, kind)
    assert isinstance(node, kind)
    assert (source.code(node), source.bare(node)) == (code, bare)


INDENTED = '''\
class A:
    def f(self):
        # above
        x = g("""
        text""", [
            1,
        ]) + \\
            2  # behind
        y = f"""{x
        }
        """
'''


def test_lines_inside_a_string_and_after_a_backslash_keep_their_blanks() -> None:
    source = parsed(INDENTED)
    one, other = (source.new_statement(node) for node in source.nodes if isinstance(node, ast.Assign))
    assert one.above == (f"{MARGIN}# above",)
    begin, middle, rest = (
        'x = g("""\n        text""", [\n',
        f"{MARGIN}    1,\n{MARGIN}]) + \\\n",
        "            2  # behind",
    )
    assert one.text == begin + middle + rest
    assert other.text == 'y = f"""{x\n        }\n        """'


GAPS = """\
def f():
    if a:
        b()
        # of the block

        # of the block too
    # of c

    c()
    # at the end
"""


def test_a_comment_belongs_to_the_statement_below_unless_it_is_indented_like_the_block_above() -> None:
    source = parsed(GAPS)
    choice, call = (
        node for node in source.nodes if isinstance(node, (ast.If, ast.Expr)) and source.code(node) != "b()"
    )
    assert isinstance(choice, ast.stmt) and isinstance(call, ast.stmt)
    assert source.new_statement(choice).text.endswith("# of the block too")
    assert source.new_statement(call).above == (f"{MARGIN}# of c", "")
    assert source.edited(source.removed(choice)) == "def f():\n    # of c\n\n    c()\n    # at the end\n"
    kept = GAPS.partition("    # of c")[0]
    assert source.edited(source.removed(call)) == f"{kept}    # at the end\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("def f():\n    g()\n", "def f():\n    pass\n"),
        ("def f():\n    # why\n    g()  # so\n", "def f():\n    pass\n"),
        ("def f():\n    g(); h()\n", "def f():\n    pass; h()\n"),
        ("if a: g()\n", "if a: pass\n"),
        ("a = 1\ng()", "a = 1"),
        ("a = 1\r\ng()\r\nb = 2\r\n", "a = 1\r\nb = 2\r\n"),
    ],
)
def test_what_is_left_when_a_statement_is_removed(text: str, after: str) -> None:
    source = parsed(text)
    call = next(node for node in source.nodes if isinstance(node, ast.Expr) and source.code(node) == "g()")
    assert source.edited(source.removed(call)) == after


def test_statements_on_one_line_get_lines_of_their_own_when_they_are_put_elsewhere() -> None:
    source = parsed("def f():\n    with a: b = 1; c = 2  # so\n    d()\n")
    held = first(source, ast.With)
    assert isinstance(held, ast.With)
    assert source.edited([source.rewritten([held], held.body)]) == "def f():\n    b = 1\n    c = 2\n    d()\n"


def test_edits_must_not_overlap() -> None:
    source = parsed("f(g(a))")
    outer, inner = (node for node in source.nodes if isinstance(node, ast.Call))
    with pytest.raises(AssertionError, match="overlap"):
        source.edited([source.replaced(outer, "x"), source.replaced(inner, "y")])
    assert source.edited([source.replaced(inner, "y")]) == "f(y)"


def test_the_arguments_of_a_call_come_in_the_order_of_the_text() -> None:
    call = first(parsed("f(a, *b, c=d, *e, **g)"), ast.Call)
    assert isinstance(call, ast.Call)
    assert [(each.star, each.keyword, ast.unparse(each.value)) for each in arguments(call)] == [
        ("", "", "a"), ("*", "", "b"), ("", "c", "d"), ("*", "", "e"), ("**", "", "g"),
    ]  # fmt: skip


def test_the_names_in_a_node() -> None:
    text = (
        "import a.b as c\ndef d(e):\n    global f\n    return e.g(h=1)\nclass i: pass\ntry: pass\nexcept j as k: pass\n"
    )
    named = [name for node in parsed(text).nodes for name in identifiers(node)]
    assert sorted(named) == ["a", "b", "c", "d", "e", "e", "f", "g", "h", "i", "j", "k"]


def test_a_walk_covers_the_nodes_in_a_new_statement() -> None:
    source = parsed("def f(): pass\nx = g(y)\n")
    function, assignment = source.tree.body
    assert [ast.unparse(each) for each in source.walk(NewStatement("z", (assignment,)))][1:] == ["x", "g(y)", "g", "y"]
    assert list(source.walk_here([function])) == []
    assert len(list(source.walk_here(function))) > 1


def test_a_deep_expression_can_be_parsed() -> None:
    depth = 60
    source = parsed("x = " + "(" * depth + "a" + ")" * depth + "\ny = " + " + ".join(["b"] * 3000))
    assert sum(isinstance(node, ast.Name) and node.id == "b" for node in source.nodes) == 3000


@pytest.mark.skipif(sys.version_info < (3, 14), reason="this syntax is new in 3.14")
def test_the_syntax_of_the_running_python_is_known() -> None:
    source = parsed('def f():\n    try:\n        g(t"""{a}\n  b""")\n    except A, B:\n        pass\n')
    call = first(source, ast.Expr)
    assert isinstance(call, ast.Expr)
    assert source.new_statement(call).text == 'g(t"""{a}\n  b""")'
