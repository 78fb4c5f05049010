"""The dashboard and the alert rules ask for numbers that there are."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rag.errors import IndexMissingError
from tests.house.sources import ROOT
from ui.web.assistant_service import AssistantService
from ui.web.metrics import Metrics

DASHBOARD = (ROOT / "docs/monitoring/grafana.json").read_text()
RULES = (ROOT / "docs/monitoring/alerts.yml").read_text()
EXIT_CODES = ("== 1\n", "== 2\n", "new_failures > 0", "== 10", "== 11", "== 12", "> 128")
"""How a rule tells each exit code but 0; 3 by the files that fail anew."""


def _missing() -> None:
    raise IndexMissingError("There is none.")


def exported() -> set[str]:
    """The series of the page, and those of a run by its source."""
    metrics = Metrics()
    text = metrics.text(AssistantService(_missing)).decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    names |= {name + end for name in names for end in ("_total", "_bucket")}
    return names | set(
        re.findall(
            r"inhouse_(?:ingest|index)_\w+", (ROOT / "ingest/running/metrics.py").read_text()
        )
    )


@pytest.mark.parametrize("text", [DASHBOARD, RULES], ids=["dashboard", "rules"])
def test_every_number_that_is_asked_for_is_there(text: str) -> None:
    series = set(re.findall(r"\b(?:inhouse_(?:web|ingest|index)|process)_\w+", text))
    assert len(series) > 8
    assert series <= exported()


def test_the_dashboard_can_be_imported() -> None:
    """Each panel has its own place, and takes the source that is chosen."""
    dashboard = json.loads(DASHBOARD)
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {"${datasource}"}
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)


@pytest.mark.parametrize("condition", EXIT_CODES)
def test_there_is_a_rule_for_each_exit_code(condition: str) -> None:
    expressions = re.findall(r"expr: (.*\n)", RULES)
    assert any(condition in expression for expression in expressions)


def test_each_rule_says_what_it_is_about() -> None:
    alerts, summaries = re.findall(r"- alert: (\w+)", RULES), re.findall(r"summary: (.+)", RULES)
    assert len(set(alerts)) == len(alerts) == len(summaries)
