"""`hoverlake plan` in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from jobs.plan.constants import Span
from jobs.plan.night import REACH_DATES
from jobs.plan.plan import Plan
from jobs.plan.storage import REBUILT_DATES, total
from jobs.text_grid import grid

_SIZES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
#: What a month is billed for, and in what unit, by the name of the price.
_BILLED = {
    "storage": ("storage", "GB-months"),
    "core_hour": ("computing", "core-hours"),
    "put_requests": ("put and list requests", "millions"),
    "get_requests": ("get requests", "millions"),
}


def as_text(plan: Plan) -> str:
    """The plan as tables; below them what it rests on, and how far it goes beyond that."""
    asked = plan.asked
    parts = [
        f"{asked.daily_page_views:,} page views a day, {asked.samples_per_view:,g} pointer samples each\n",
        _grid("stored, in the long run", _stored(plan)),
        _grid("one night", _night(plan)),
        _grid("one month", _month(plan)),
        "".join(f"- {note}\n" for note in notes(plan)),
    ]
    return "\n".join(parts)


def as_json(plan: Plan) -> str:
    """The plan for programs: bytes, hours and counts; each span as low, likely, high."""
    low, high = plan.measured_samples_per_view
    parts = {
        "asked": asdict(plan.asked),
        "stored_bytes": {layer: asdict(span) for layer, span in plan.storage.by_layer.items()},
        "night": {name: asdict(span) for name, _, span in _quantities(plan)},
        "month": {
            name: {"amount": asdict(amount), "unit": _BILLED[name][1], "cost": _cost(plan, name)}
            for name, amount in plan.monthly.items()
        },
        "measured": {
            "on": plan.constants.measured_on,
            "machine": dict(plan.constants.machine),
            "versions": dict(plan.constants.versions),
            "times_page_views": plan.times_page_views,
            "times_partition": plan.times_partition,
            "samples_per_view": {"low": low, "high": high},
        },
        "notes": list(notes(plan)),
    }
    return json.dumps(parts, indent=2) + "\n"


def _cost(plan: Plan, name: str) -> dict[str, float] | None:
    cost = plan.cost[name]
    return None if cost is None else asdict(cost)


def _grid(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    found = list(rows)
    return grid((head, "low", "likely", "high", *[""] * (len(found[0]) - 4)), found)


def _stored(plan: Plan) -> Iterator[tuple[str, ...]]:
    for layer, span in plan.storage.by_layer.items():
        yield f"{layer}, {plan.asked.retention_days[layer]} days", *_words(span, "bytes")
    yield "all layers", *_words(total(plan.storage.by_layer.values()), "bytes")


def _quantities(plan: Plan) -> Iterator[tuple[str, str, Span]]:
    """Name, unit and span of what a night takes."""
    night = plan.night
    yield "core_hours", "core-hours", night.core_hours
    yield "landing_core_hours", "core-hours", night.landing_core_hours
    yield "building_core_hours", "core-hours", night.building_core_hours
    yield "reach_core_hours", "core-hours", night.reach_core_hours
    yield "driver_core_hours", "core-hours", night.driver_core_hours
    yield "executors", "", night.executors
    yield "executor_memory_bytes", "bytes", night.executor_bytes
    yield "shuffle_bytes", "bytes", night.shuffle_bytes
    yield "raw_files", "", plan.storage.raw_files
    yield "data_files", "", night.data_files
    yield "commits", "", night.commits
    yield "put_requests", "", night.put_requests
    yield "get_requests", "", night.get_requests
    yield "list_requests", "", night.list_requests


def _night(plan: Plan) -> Iterator[tuple[str, ...]]:
    asked = plan.asked
    titles = {
        "core_hours": "core-hours",
        "landing_core_hours": "  of these landing",
        "building_core_hours": f"  of these building {REBUILT_DATES} event dates",
        "reach_core_hours": f"  of these looking for visitors of {REACH_DATES} dates",
        "driver_core_hours": "  of these on the driver alone",
        "executors": f"executors of {asked.executor_cores} cores, for {asked.night_hours:g} h",
        "executor_memory_bytes": "memory per executor",
        "shuffle_bytes": "shuffled",
        "raw_files": f"raw files of {asked.raw_file_mb:g} MB",
        "data_files": "data files written",
        "commits": "commits",
        "put_requests": "put requests",
        "get_requests": "get requests, estimated",
        "list_requests": "list requests, estimated",
    }
    for name, unit, span in _quantities(plan):
        yield titles[name], *_words(span, unit)


def _month(plan: Plan) -> Iterator[tuple[str, ...]]:
    for name, amount in plan.monthly.items():
        title, unit = _BILLED[name]
        yield f"{title}, {unit}", *_words(amount, ""), ""
    for name, cost in plan.cost.items():
        if cost is None:
            yield f"cost of {_BILLED[name][0]}", "", "", "", f"no price: give {_option(name)}"
        else:
            yield f"cost of {_BILLED[name][0]}", *_words(cost, ""), ""
    priced = [cost for cost in plan.cost.values() if cost is not None]
    if priced:
        is_all = len(priced) == len(plan.cost)
        yield "cost of all" if is_all else "cost of what has a price", *_words(total(priced), ""), ""


def _option(price: str) -> str:
    return f"--price-{price.replace('_', '-')}"


def notes(plan: Plan) -> Iterator[str]:
    """What the plan rests on, and where it goes beyond it."""
    yield _measured(plan)
    if plan.constants.is_measured_once:
        yield "What is fixed and what page views and samples add was measured once: such rows have no range. See make costs."
    yield _reach(plan)
    low, high = plan.measured_samples_per_view
    samples = plan.asked.samples_per_view
    if not low <= samples <= high:
        yield f"EXTRAPOLATED: {samples:,g} samples per page view; measured from {low:,.0f} to {high:,.0f}."
    if plan.times_partition > 1:
        yield (
            f"EXTRAPOLATED: a partition of the shuffle is {plan.times_partition:,.1f} times as large as the largest "
            "measured; memory per executor is as measured, and supposes that sorts spill."
        )
    yield (
        "Rows of marts, low: as the largest measured night published them; likely: every group that it had; high: every "
        "cell of its pages."
    )
    yield "Executors suppose that all work is shared evenly. Not in it: weekly maintenance, backfills, queries of readers."
    if plan.night.driver_core_hours.likely > plan.asked.night_hours * plan.asked.executor_cores:
        yield (
            f"TOO LARGE for this design: the driver's {plan.asked.executor_cores} cores need "
            f"{plan.night.driver_core_hours.likely / plan.asked.executor_cores:,.1f} h to check raw files. See docs/SCALE.md."
        )


def _measured(plan: Plan) -> str:
    constants = plan.constants
    populations = len({night["seed"] for night in constants.nights})
    machine = f"{constants.machine['cores']} cores, {constants.machine['memory_gb']} GB"
    engine = f"pyspark {constants.versions['pyspark']}, delta-spark {constants.versions['delta-spark']}"
    return (
        f"Measured on {constants.measured_on} with {machine}, {engine}: {len(constants.nights)} nights of {populations} "
        "simulated population(s). low and high are the extremes found, likely is the median; nights in which most groups "
        "were folded and nights in which none was are both among them."
    )


def _reach(plan: Plan) -> str:
    times = plan.times_page_views
    largest = plan.constants.largest("page_views")
    if times > 1:
        return f"EXTRAPOLATED: {times:,.1f} times the page views of the largest measured night ({largest:,.0f})."
    return f"Within what was measured: nights of up to {largest:,.0f} page views."


def _words(span: Span, unit: str) -> tuple[str, str, str]:
    """Low, likely, high, each with three digits."""
    low, likely, high = (_word(value, unit) for value in (span.low, span.likely, span.high))
    return low, likely, high


def _word(value: float, unit: str) -> str:
    if unit != "bytes":
        return digits(value)
    size, name = next(((size, name) for size, name in _SIZES if value >= size), (1.0, "B"))
    return f"{digits(value / size)} {name}"


def digits(value: float) -> str:
    """Three significant digits, thousands apart."""
    return f"{float(f'{value:.3g}'):,.10g}" if value < 1e15 else f"{value:.3g}"
