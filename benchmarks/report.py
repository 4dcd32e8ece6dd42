"""The bench as a page: what was run, by whom, how long it took, what it needed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.engines import ENGINES, HOVERLAKE
from benchmarks.figures import Spread, fit

Run = Mapping[str, Any]
GIB = 2**30

HEAD = """# Benchmark

<!-- Written by `make bench` (benchmarks/bench.py): run it again, do not edit. -->

hoverlake's *full* night against peers that do less, on the same simulated raw files with all their dirt: repeats,
rivals, latecomers, broken lines, people without consent, programs. Each engine runs as a process of its own, one after
the other, each round begins with another one.

| | hoverlake | peers |
| --- | --- | --- |
| lines | every one accepted, withheld or rejected for a named reason, rejects kept | bad ones dropped |
| visitors | keyed pseudonyms | ids as sent |
| page views | context, time, heat cells, hovers, items, zones, clicks, visibility, exposure, gestures | times, heat cells, items, traffic class |
| marts | nine, small groups folded | three, nothing folded |
| proof | expectations, reconciliation, one release of all tables, journal | none |
| next night | adds to what is there, again from any crash | starts from nothing |

The peers are written as their experts would: all cores, declared types, operations on whole columns only, visitors in
parts that fit into memory. The peer on plain Spark is written as most people would: a row per sample and window
functions. Their values must be hoverlake's, row by row: page views, heat cells and item views always; marts wherever
hoverlake publishes a row at the finest grain, and all rows where nothing is folded.
"""
TERMS = """
Seconds are wall-clock of the whole process, start to end: smallest / middle / largest of the rounds. Memory is the
largest sum of resident memory over the process and all it started (pages that they share count more than once),
looked at five times a second. Read and written are bytes that went through system calls, also those that the page
cache served. Fixed and marginal cost are the line of least squares through all runs of an engine: seconds = fixed +
marginal x million samples.
"""


def report(results: Mapping[str, Any]) -> str:
    """The page in Markdown."""
    parts = [HEAD, _setting(results), "## Seconds\n", _seconds(results), "## Cost\n", _costs(results)]
    parts += [
        "## Needs\n",
        _needs(results),
        TERMS,
        "## Stages\n",
        _stages(results),
        "## Equality\n",
        _equality(results),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _setting(results: Mapping[str, Any]) -> str:
    machine, packages = results["machine"], results["versions"]
    on = f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, {machine['system']}"
    return f"Measured on {on}. Versions: {', '.join(f'{name} {number}' for name, number in packages.items())}.\n"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def _engines(results: Mapping[str, Any]) -> list[str]:
    return [name for name in ENGINES if any(run["engine"] == name for run in results["runs"])]


def _of(results: Mapping[str, Any], engine: str, samples: int | None = None) -> list[Run]:
    """The runs of an engine that came to their end."""
    return [
        run
        for run in results["runs"]
        if run["engine"] == engine and not run["exit_code"] and samples in (None, run["samples"])
    ]


def _middle(results: Mapping[str, Any], engine: str, samples: int) -> float | None:
    seconds = [run["seconds"] for run in _of(results, engine, samples)]
    return median(seconds) if seconds else None


def _seconds(results: Mapping[str, Any]) -> str:
    """Spread and ratio to hoverlake, per size."""
    nights = results["inputs"]
    head = [
        "Engine",
        *(f"{night['samples'] / 1e6:.1f} M samples, {night['page_views']:,} page views" for night in nights),
    ]
    rows = [
        [ENGINES[engine].title, *(_timed(results, engine, night["samples"]) for night in nights)]
        for engine in _engines(results)
    ]
    return table(head, rows)


def _timed(results: Mapping[str, Any], engine: str, samples: int) -> str:
    runs = _of(results, engine, samples)
    if not runs:
        return "did not end"
    spread = str(Spread.of([run["seconds"] for run in runs]))
    base, mine = _middle(results, HOVERLAKE, samples), _middle(results, engine, samples)
    return f"{spread} s, {mine / base:.2f} x hoverlake" if base and mine and engine != HOVERLAKE else f"{spread} s"


def _costs(results: Mapping[str, Any]) -> str:
    rows = []
    for engine in _engines(results):
        runs = _of(results, engine)
        cost = fit([run["samples"] for run in runs], [run["seconds"] for run in runs]) if runs else None
        told = [f"{cost.fixed_s:.1f}", f"{cost.s_per_million:.2f}"] if cost else ["one size only", ""]
        rows.append([ENGINES[engine].title, *told])
    return table(["Engine", "Fixed, s", "Marginal, s per million samples"], rows)


def _needs(results: Mapping[str, Any]) -> str:
    """Medians over the rounds."""
    rows = []
    for engine in _engines(results):
        for night in results["inputs"]:
            runs = _of(results, engine, night["samples"])
            if runs:
                needs = {name: median(run["peak"][name] for run in runs) for name in runs[0]["peak"]}
                in_gib = [f"{needs[name] / GIB:.2f}" for name in ("rss_bytes", "rchar", "wchar")]
                size = f"{night['samples'] / 1e6:.1f} M"
                rows.append([ENGINES[engine].title, size, *in_gib, f"{needs['cpu_s']:.0f}"])
    return table(["Engine", "Samples", "Memory, GiB", "Read, GiB", "Written, GiB", "Processor, s"], rows)


def _stages(results: Mapping[str, Any]) -> str:
    """Of each engine's largest size: medians over the rounds, as the engine itself says them."""
    parts = []
    for engine in _engines(results):
        sizes = sorted({run["samples"] for run in _of(results, engine)})
        if sizes:
            runs = _of(results, engine, sizes[-1])
            stages = {name: median(run["stages"].get(name, 0.0) for run in runs) for name in runs[0]["stages"]}
            total = median(run["seconds"] for run in runs)
            stages["outside of these"] = max(0.0, total - sum(stages.values()))
            said = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.items())
            parts.append(f"- **{ENGINES[engine].title}**, {sizes[-1] / 1e6:.1f} M samples: {said}")
    return "\n".join(parts) + "\n"


def _equality(results: Mapping[str, Any]) -> str:
    rows = [
        [
            ENGINES[compared["engine"]].title,
            f"{compared['page_views']:,}",
            compared["min_visitors"],
            "<br>".join(compared["differences"]) or "equal",
        ]
        for compared in results["equality"]
    ]
    return table(["Engine", "Page views", "min_visitors of hoverlake", "Tables"], rows) if rows else "Not compared."
