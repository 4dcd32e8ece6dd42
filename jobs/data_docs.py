"""The warehouse's Data Docs: a site of one page per audited run, for browsers, below `_data_docs`.

Written by the night itself, from the results it has in its hands. The page's path says its run, its landing date and whether it
passed, so that the index follows from a list of the pages.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.io.store import Store

if TYPE_CHECKING:
    from expectations.data_docs import RunPage
    from expectations.results import Result
    from jobs.nightly import Night

FOLDER = "_data_docs"
#: One folder per run. The depth is that of Great Expectations, whose pages lead to each other by it.
RUNS = f"{FOLDER}/validations/night"
_PAGE = re.compile(rf"{RUNS}/(\d{{8}}T\d{{6}}[^/]*)/(\d{{4}}-\d\d-\d\d)/(passed|failed)\.html")


def document(night: Night, store: Store, results: Sequence[Result], message: str) -> None:
    """Write the night's page and say so; a night whose tables are right does not fail for want of a page."""
    if not results:
        return
    with night.progress.stage("data docs") as facts:
        try:
            about = {"raw": night.raw, "message": message}
            facts.append(write_data_docs(store, night.run_id, night.date, results, about))
        except Exception as error:
            facts.append(f"not written: {type(error).__name__}: {error}")


def write_data_docs(
    store: Store, run_id: str, landing_date: dt.date, results: Sequence[Result], about: dict[str, str]
) -> str:
    """Write the run's page, the page of expectations and the index; returns the path of the run's page."""
    from expectations.data_docs import FAVICON, run_page, suite_page

    is_passed = not any(result.is_critical_failure for result in results)
    path = f"{RUNS}/{run_id}/{landing_date}/{'passed' if is_passed else 'failed'}.html"
    run = run_of(path)
    assert run is not None
    store.put(path, run_page(run, results, about).encode())
    store.put(f"{FOLDER}/expectations/night.html", suite_page(results).encode())
    store.put_if_absent(f"{FOLDER}/static/images/favicon.ico", FAVICON.read_bytes())
    write_index(store)
    return path


def write_index(store: Store) -> None:
    """The first page, of the runs that have a page now."""
    from expectations.data_docs import index_page

    runs = [run for item in store.list(RUNS) if (run := run_of(item.path))]
    store.put(f"{FOLDER}/index.html", index_page(runs).encode())


def run_of(path: str) -> RunPage | None:
    """The run whose page this is; None for another object."""
    from expectations.data_docs import RunPage

    found = _PAGE.fullmatch(path)
    if found is None:
        return None
    run_id, landing_date, outcome = found.groups()
    return RunPage(path.removeprefix(f"{FOLDER}/"), run_id, dt.date.fromisoformat(landing_date), outcome == "passed")
