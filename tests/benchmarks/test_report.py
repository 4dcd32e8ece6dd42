from __future__ import annotations

from typing import Any

from benchmarks.report import report

PEAK = {"rss_bytes": 2**30, "cpu_s": 4.0, "read_bytes": 0, "write_bytes": 0, "rchar": 2**30, "wchar": 2**29}


def run(engine: str, samples: int, seconds: float, exit_code: int = 0) -> dict[str, Any]:
    facts = {"engine": engine, "samples": samples, "page_views": samples // 750, "round": 1}
    return facts | {"exit_code": exit_code, "seconds": seconds, "peak": PEAK, "stages": {"land": 1.0}}


def results(*runs: dict[str, Any], differences: tuple[str, ...] = ()) -> dict[str, Any]:
    sizes = sorted({r["samples"] for r in runs})
    return {
        "machine": {"cores": 2, "memory_gib": 8.0, "processor": "a processor", "system": "Linux"},
        "versions": {"duckdb": "2.0.0"},
        "inputs": [{"samples": samples, "page_views": samples // 750} for samples in sizes],
        "runs": list(runs),
        "equality": [{"engine": "duckdb", "page_views": 300, "min_visitors": 1, "differences": list(differences)}],
    }


def test_seconds_are_spread_over_rounds_and_put_against_hoverlake() -> None:
    page = report(results(run("hoverlake", 10**6, 20.0), run("hoverlake", 10**6, 30.0), run("duckdb", 10**6, 5.0)))

    assert "| hoverlake, the full night | 20.0 / 25.0 / 30.0 s |" in page
    assert "| DuckDB + delta-rs | 5.0 / 5.0 / 5.0 s, 0.20 x hoverlake |" in page


def test_two_sizes_give_a_fixed_and_a_marginal_cost() -> None:
    page = report(results(run("hoverlake", 10**6, 52.0), run("hoverlake", 3 * 10**6, 56.0)))

    assert "| hoverlake, the full night | 50.0 | 2.00 |" in page


def test_an_engine_that_did_not_end_is_told() -> None:
    page = report(results(run("hoverlake", 10**6, 20.0), run("plain-spark", 10**6, 99.0, exit_code=-9)))

    assert "| PySpark + Delta, per sample | did not end |" in page


def test_a_difference_is_on_the_page() -> None:
    page = report(results(run("hoverlake", 10**6, 20.0), differences=("page_views: 1 rows missing",)))

    assert "page_views: 1 rows missing" in page
