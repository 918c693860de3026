"""A page as its parts, by the standard library's parser: elements with their attributes and all the text in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from lockproof.core.history_report import HistoryReport
from lockproof.core.mutation_report import MutationReport
from lockproof.core.verdict import Report
from lockproof.report.documents import LoadedReport, document_of
from lockproof.report.html.render import html_page

VOID = {"br", "meta"}
"""Elements of HTML without an end. Those of SVG end in their own tag: `<rect/>`."""


@dataclass
class Element:
    """An element: its name, its attributes, and what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for each in self.inside:
            if isinstance(each, str):
                yield each
            else:
                yield " "
                yield from each._texts()
                yield " "

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Return the elements in it with this tag, and with each of these attributes or classes (`cls`)."""
        found = []
        for each in self.inside:
            if isinstance(each, Element):
                wanted = {name: value for name, value in attributes.items() if name != "cls"}
                has = all(each.attributes.get(name) == value for name, value in wanted.items())
                has = has and attributes.get("cls", "") in ["", *each.attributes.get("class", "").split()]
                if has and tag in ("", each.tag):
                    found.append(each)
                found += each.all(tag, **attributes)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute of <{tag}> stands twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> ends another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parsed(page: str) -> Element:
    """Return a page. Each element must end where the one around it does not end yet."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    (root,) = reader.open
    return root


def text_of_page(*reports: Report | MutationReport | HistoryReport) -> str:
    """Return the page on reports as it is written."""
    return html_page([LoadedReport("", document_of(each.to_json())) for each in reports], "1.2.3")


def page_of(*reports: Report | MutationReport | HistoryReport) -> Element:
    """Return the page on reports."""
    return parsed(text_of_page(*reports))
