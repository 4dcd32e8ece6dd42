"""`hoverlake plan`: what a warehouse of a given size takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def _price(of: str) -> Any:
    return typer.Option(metavar="PRICE", help=f"Price of {of}; without it no cost is said.")


def _count(of: str) -> Any:
    return typer.Option(metavar="N", help=f"Distinct {of} of a day; else as on measured days.")


def plan(
    daily_page_views: Annotated[int, typer.Option(metavar="N", help="Page views a day.")],
    samples_per_view: Annotated[float, typer.Option(metavar="M", help="Pointer samples of a page view, on average.")],
    retention: Annotated[
        list[str] | None,
        typer.Option(metavar="LAYER=DAYS", help="How long raw, clean, restricted, mart or ops is kept; repeatable."),
    ] = None,
    layouts: Annotated[int | None, _count("layouts")] = None,
    stories: Annotated[int | None, _count("stories")] = None,
    ads: Annotated[int | None, _count("ads")] = None,
    raw_file_mb: Annotated[float, typer.Option(metavar="MB", help="Stored size of a raw file.")] = 128,
    night_hours: Annotated[float, typer.Option(metavar="H", help="Hours within which a night is to end.")] = 4,
    executor_cores: Annotated[int, typer.Option(metavar="N", help="Cores of an executor.")] = 4,
    price_storage: Annotated[float | None, _price("a GB kept for a month")] = None,
    price_core_hour: Annotated[float | None, _price("a core for an hour")] = None,
    price_put_requests: Annotated[float | None, _price("a million put or list requests")] = None,
    price_get_requests: Annotated[float | None, _price("a million get requests")] = None,
    json_: Annotated[bool, typer.Option("--json", help="For programs: bytes, hours, counts.")] = False,
) -> None:
    """Say what a warehouse of a given size stores, computes and costs.

    Arithmetic on costs that were measured and are stored in the package; no warehouse is read. Every quantity has a
    range, and what lies beyond the measured sizes is said to be extrapolated.
    """
    from jobs.plan import constants, report
    from jobs.plan.asked import Asked, Prices, retention_of
    from jobs.plan.plan import Plan

    asked = Asked(
        daily_page_views=daily_page_views,
        samples_per_view=samples_per_view,
        retention_days=retention_of(retention or []),
        layouts=layouts,
        stories=stories,
        ads=ads,
        raw_file_mb=raw_file_mb,
        night_hours=night_hours,
        executor_cores=executor_cores,
        prices=Prices(price_storage, price_core_hour, price_put_requests, price_get_requests),
    )
    found = Plan(asked, constants.load())
    print(report.as_json(found) if json_ else report.as_text(found), end="")
