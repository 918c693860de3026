"""Reports as SARIF 2.1.0, which code scanning and editors read.

Each kind of finding is a rule. The interleaving of a finding is one code flow with a flow for each thread, and
`executionOrder` says how their steps follow each other. Files of the project are named relative to `SRCROOT`, and
where that is on this machine is left out, so that the same report is the same file elsewhere.

The format: OASIS Static Analysis Results Interchange Format Version 2.1.0, sections 3.27 (result), 3.36 to 3.38 (code
flows).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from lockproof.core.verdict import TracedStep
from lockproof.report.issues import RULES, Issue
from lockproof.report.places import Project, SourceLine, place_of
from lockproof.report.words import clean

ROOT: Final = "SRCROOT"
"""The name that stands for the root of the project."""

FINGERPRINT: Final = "lockproof/v1"
"""The name of the fingerprint. Its number rises when the same finding gets another fingerprint."""

MOST_PLACES: Final = 10
"""The most lines of an issue: what shows a result shows few of its locations."""


def as_sarif(issues: Sequence[Issue], project: Project, version: str) -> str:
    """Return the issues as the text of a SARIF file, in ASCII; `version` is that of lockproof."""
    rules = sorted({each.rule for each in issues})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "lockproof",
                        "version": version,
                        "rules": [_rule(each) for each in rules],
                    }
                },
                "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the project."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, rules.index(each.rule), project) for each in issues],
            }
        ],
    }
    return json.dumps(log, indent=1, allow_nan=False) + "\n"


def _rule(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": RULES[name]},
        "help": {"text": f"{RULES[name]} The command of a result repeats it, and its report explains it."},
    }


def _result(issue: Issue, index: int, project: Project) -> dict[str, Any]:
    places = project.first(issue.places)[:MOST_PLACES]
    result: dict[str, Any] = {
        "ruleId": issue.rule,
        "ruleIndex": index,
        "level": issue.level.value,
        "message": {"text": issue.message},
        "locations": [_location(each, project) for each in places[:1]],
        "partialFingerprints": {FINGERPRINT: issue.fingerprint},
        "properties": {"subject": clean(issue.subject), "command": clean(issue.command)},
    }
    if issue.accepted:
        result["suppressions"] = [{"kind": "external", "justification": clean(issue.accepted)}]
    if len(places) > 1:
        result["relatedLocations"] = [
            {"id": number, **_location(each, project)} for number, each in enumerate(places[1:], 1)
        ]
    if flows := _thread_flows(issue.steps, project):
        result["codeFlows"] = [{"message": {"text": "How it came to that."}, "threadFlows": flows}]
    return result


def _location(place: SourceLine, project: Project) -> dict[str, Any]:
    name = project.name(place.file)
    artifact = (
        {"uri": _uri(name), "uriBaseId": ROOT}
        if name is not None
        else {"uri": f"file://{_uri(Path(os.path.abspath(place.file)).as_posix())}"}
    )
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}}


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _thread_flows(steps: Sequence[TracedStep], project: Project) -> list[dict[str, Any]]:
    """Return the steps that have a line of source, thread by thread."""
    flows: dict[str, list[dict[str, Any]]] = {}
    for order, step in enumerate(steps, 1):
        place = place_of(step.place)
        if place is None:
            continue
        notes = "; ".join(step.notes)
        text = f"{step.thread}: {step.source}{f'  [{notes}]' if notes else ''}"
        text += f" ({step.switch})" if step.switch else ""
        flows.setdefault(step.thread, []).append(
            {
                "location": {**_location(place, project), "message": {"text": clean(text)}},
                "executionOrder": order,
                "importance": "essential" if step.marked else "important",
            }
        )
    return [{"id": clean(thread), "locations": locations} for thread, locations in flows.items()]
