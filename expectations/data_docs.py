"""The audit's results as pages of Great Expectations Data Docs: one for a run, one of all expectations, an index.

A page is drawn from results as `ops.dq_results` has them: counts and shares, never a value. An expectation that was looked at
on several dates is one row. Whether a run "succeeded" is whether a critical expectation failed: warnings are rows of it.
"""

from __future__ import annotations

import datetime as dt
import html
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations
from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.components import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.page_renderer import ExpectationSuitePageRenderer, ValidationResultsPageRenderer
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer.site_index_page_renderer import SiteIndexPageRenderer
from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView

from expectations.results import Result

#: The one suite of the site: all expectations of all tables.
SUITE = "night"
SITE = "hoverlake"
FAVICON = Path(great_expectations.__file__).parent / "render/view/static/images/favicon.ico"
_ICONS = {True: ("fa-check-circle", "text-success"), False: ("fa-times", "text-danger")}
_NOT_JUDGED = ("fa-question-circle", "text-secondary")


@dataclass(frozen=True)
class RunPage:
    """A page of the site: its path below the root, its run, and whether no critical expectation failed."""

    path: str
    run_id: str
    landing_date: dt.date
    is_passed: bool

    @property
    def run_time(self) -> str:
        """Start of the run, from its id."""
        return f"{dt.datetime.strptime(self.run_id[:15], '%Y%m%dT%H%M%S').isoformat()}Z"


class ExpectStoredResult(BatchExpectation):
    """An expectation that was looked at before; `column` is the table, by which Great Expectations makes sections."""

    column: str
    rule: str
    on: str
    holds: str
    means: str
    severity_word: str
    owner: str

    def _validate(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Never asked: results are stored."""
        raise NotImplementedError("a stored result is not looked at again")

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(  # type: ignore[override]  # the base class is untyped
        cls, configuration: ExpectationConfiguration, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        told = configuration.kwargs
        template = "$rule on $on, $severity_word: $holds\nIf it fails: $means Look first: $owner."
        names = {"rule": ["badge", "badge-secondary"], "severity_word": ["font-italic"], "holds": ["text-monospace"]}
        styling = {"params": {name: {"classes": classes} for name, classes in names.items()}}
        return [_template(template, {name: told[name] for name in cls.__annotations__}, styling)]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.STATUS_ICON)
    def _diagnostic_status_icon_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[Any, Any] | None = None,
    ) -> RenderedStringTemplateContent:
        assert result is not None, "an icon is of a result"
        classes = _NOT_JUDGED if result.meta["is_not_judged"] else _ICONS[bool(result.success)]
        return _template("$icon", {"icon": ""}, {"params": {"icon": {"classes": ["fas", *classes], "tag": "i"}}})


def run_page(run: RunPage, results: Iterable[Result], about: dict[str, str]) -> str:
    """The page of one run; `about` is shown as facts of the run."""
    grouped = _grouped(results)
    rows = [_row(same) for same in grouped]
    good = sum(1 for same in grouped if all(result.success is not False for result in same))
    outcome = ExpectationSuiteValidationResult(
        success=run.is_passed,
        results=rows,
        suite_name=SUITE,
        statistics={
            "evaluated_expectations": len(rows),
            "successful_expectations": good,
            "unsuccessful_expectations": len(rows) - good,
            "success_percent": 100 * good / len(rows) if rows else None,
        },
        meta={
            "run_id": {"run_name": run.run_id, "run_time": run.run_time},
            "batch_spec": {"data_asset_name": f"landing date {run.landing_date}", **about},
            "great_expectations_version": great_expectations.__version__,
        },
    )
    return _drawn(ValidationResultsPageRenderer(), outcome, DefaultJinjaPageView())


def suite_page(results: Iterable[Result]) -> str:
    """The page of all expectations that `results` are of, which pages of runs lead to."""
    suite = ExpectationSuite(name=SUITE, expectations=[_configuration(same[0]) for same in _grouped(results)])
    return _drawn(ExpectationSuitePageRenderer(), suite, DefaultJinjaPageView())


def index_page(runs: Iterable[RunPage]) -> str:
    """The first page: runs, the newest first."""
    suite = f"expectations/{SUITE}.html"
    links = [
        {
            "expectation_suite_name": SUITE,
            "expectation_suite_filepath": suite,
            "filepath": run.path,
            "run_id": run.run_id,
            "run_name": run.run_id,
            "run_time": run.run_time,
            "validation_success": run.is_passed,
            "batch_identifier": str(run.landing_date),
            "asset_name": f"landing date {run.landing_date}",
            "batch_spec": {},
        }
        for run in sorted(runs, key=lambda run: run.run_id, reverse=True)
    ]
    suites = [{"expectation_suite_name": SUITE, "filepath": suite}]
    content = {"site_name": SITE, "validations_links": links, "expectations_links": suites}
    return _drawn(SiteIndexPageRenderer, content, DefaultJinjaIndexPageView())


def _drawn(renderer: Any, content: Any, view: Any) -> str:
    return str(view.render(renderer.render(content), show_how_to_buttons=False))


def _template(template: str, params: dict[str, Any], styling: dict[str, Any]) -> RenderedStringTemplateContent:
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": params, "styling": styling},
    )


def _grouped(results: Iterable[Result]) -> list[list[Result]]:
    """Results of one expectation on all dates together, in the order of tables as they come."""
    found: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for result in results:
        found[result.table_name, result.expectation, result.column_name].append(result)
    return list(found.values())


def _row(same: Sequence[Result]) -> ExpectationValidationResult:
    is_not_judged = all(result.success is None for result in same)
    return ExpectationValidationResult(
        success=all(result.success is not False for result in same),
        expectation_config=_configuration(same[0]),
        # Great Expectations writes texts into its pages as they are.
        result={"observed_value": html.escape(_observed(same))},
        meta={"is_not_judged": is_not_judged},
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _configuration(result: Result) -> ExpectationConfiguration:
    return ExpectationConfiguration(
        type=ExpectStoredResult.expectation_type,
        kwargs={
            "column": result.table_name,
            "rule": result.expectation,
            "on": result.column_name,
            "holds": result.threshold or "none broken",
            "means": result.meaning,
            "severity_word": result.severity,
            "owner": result.owner,
        },
    )


def _observed(same: Sequence[Result]) -> str:
    """What was seen, by date where the dates differ."""
    seen = {result.event_date: result.observed or "" for result in sorted(same, key=lambda result: result.event_date)}
    if len({*seen.values()}) == 1:
        dates = f"{min(seen)}" if len(seen) == 1 else f"{len(seen)} dates from {min(seen)} to {max(seen)}"
        return f"{next(iter(seen.values()))} ({dates})"
    return "; ".join(f"{date}: {observed}" for date, observed in seen.items())
