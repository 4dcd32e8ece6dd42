"""Polars: what of the feed was seen (METRICS 3)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from benchmarks.peers.polars_land import Expr, records
from benchmarks.peers.sql_items import SHARE_PARTS
from jobs.config import Settings

ITEM = ["pv", "item_id"]
LENGTH = pl.col("stop_ms") - pl.col("start_ms")


def states(kept: pl.DataFrame, views: pl.DataFrame) -> pl.DataFrame:
    """Step functions: each state of an item holds on [start_ms, stop_ms)."""
    named = records(kept, "items").filter(pl.col("item_id").is_not_null())
    ordered = named.sort("pv", "item_id", "t_ms", maintain_order=True)
    ended = ordered.join(views.lazy().select("pv", "end_ms"), on="pv", how="left", maintain_order="left")
    is_same = pl.all_horizontal(*(pl.col(name).shift(-1) == pl.col(name) for name in ITEM)).fill_null(False)
    parts = (pl.col("viewport_share").clip(0, 1) * SHARE_PARTS).round().cast(pl.Int64).fill_null(0)
    return ended.select(
        *ITEM,
        "visible_share",
        "viewport_share",
        parts.alias("parts"),
        start_ms="t_ms",
        stop_ms=pl.when(is_same).then(pl.col("t_ms").shift(-1)).otherwise("end_ms"),
    ).collect()


def seen(all_states: pl.DataFrame, visible: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """States inside V, with the conditions of METRICS 3 and the number of the spell of each that they belong to."""
    share, half = pl.col("visible_share"), settings.visible_share - settings.share_slack
    conditions = {
        "is_any": share > 0,
        "is_half": share >= half,
        "is_full": share >= 1 - settings.share_slack,
        "is_large": share >= settings.large_share - settings.share_slack,
        "is_tall": (share >= half).fill_null(False) | (pl.col("viewport_share") >= half).fill_null(False),
    }
    pairs = all_states.lazy().filter(pl.col("start_ms") < pl.col("stop_ms")).join(visible.lazy(), on="pv", suffix="_v")
    inside = pairs.filter(pl.col("start_ms_v") < pl.col("stop_ms"), pl.col("stop_ms_v") > pl.col("start_ms"))
    cut = inside.select(
        *ITEM,
        start_ms=pl.max_horizontal("start_ms", "start_ms_v"),
        stop_ms=pl.min_horizontal("stop_ms", "stop_ms_v"),
        **{name: rule.fill_null(False) for name, rule in conditions.items()},
    ).sort(*ITEM, "start_ms")
    is_same = pl.all_horizontal(*(pl.col(name) == pl.col(name).shift(1) for name in ITEM))
    touches = is_same & (pl.col("stop_ms").shift(1) == pl.col("start_ms"))
    spells = {
        f"{name}_spell": (pl.col(name) & ~(pl.col(name).shift(1) & touches).fill_null(False)).cum_sum()
        for name in ("is_half", "is_large", "is_tall")
    }
    return cut.with_columns(**spells).collect()


def spells(cut: pl.DataFrame, condition: str) -> pl.LazyFrame:
    """Unbroken times in V during which the condition holds."""
    held = cut.lazy().filter(condition).group_by(f"{condition}_spell")
    found = held.agg(pl.col(ITEM).first(), start_ms=pl.col("start_ms").min(), stop_ms=pl.col("stop_ms").max())
    return found.drop(f"{condition}_spell")


def item_sums(cut: pl.DataFrame, half: pl.DataFrame) -> pl.LazyFrame:
    """Times in view, and the longest spells."""
    lengths = {"visible_any_ms": "is_any", "visible_ms": "is_half", "fully_visible_ms": "is_full"}
    sums = cut.lazy().group_by(ITEM).agg(**{name: LENGTH.filter(pl.col(flag)).sum() for name, flag in lengths.items()})
    longest = half.lazy().group_by(ITEM).agg(longest_spell_ms=LENGTH.max(), spell_count=pl.len().cast(pl.Int64))
    found = sums.join(longest, on=ITEM, how="left")
    for condition, name in (("is_large", "large_ms"), ("is_tall", "tall_ms")):
        most = spells(cut, condition).group_by(ITEM).agg(LENGTH.max().alias(name))
        found = found.join(most, on=ITEM, how="left")
    return found


def attended(all_states: pl.DataFrame, metas: pl.DataFrame, engaged: pl.DataFrame) -> pl.LazyFrame:
    """Engaged time split by viewport share: with P(t) the parts in view, G(t) the integral of 1 / P over engaged time,
    an item of p parts from a to b gets p (G(b) - G(a))."""
    zones = metas.lazy().filter(pl.col("item_type") == "zone").select(ITEM)
    held = (pl.col("parts") > 0) & (pl.col("start_ms") < pl.col("stop_ms"))
    shares = all_states.lazy().filter(held).join(zones, on=ITEM, how="anti")
    nothing = pl.lit(0, pl.Int64)
    marks = [
        shares.select("pv", t_ms="start_ms", parts="parts", engaged=nothing),
        shares.select("pv", t_ms="stop_ms", parts=-pl.col("parts"), engaged=nothing),
        engaged.lazy().select("pv", t_ms="start_ms", parts=nothing, engaged=nothing + 1),
        engaged.lazy().select("pv", t_ms="stop_ms", parts=nothing, engaged=nothing - 1),
    ]
    levels = pl.concat(marks).group_by("pv", "t_ms").agg(pl.col("parts", "engaged").sum()).sort("pv", "t_ms")
    # What begins in a page view also ends in it: running sums are 0 again where the next begins.
    in_view, is_on = pl.col("parts").cum_sum(), pl.col("engaged").cum_sum() > 0
    length = pl.when(pl.col("pv").shift(-1) == pl.col("pv")).then(pl.col("t_ms").shift(-1) - pl.col("t_ms"))
    per_part = pl.when(is_on & (in_view > 0)).then(length / in_view).fill_null(0.0)
    integral = levels.with_columns(g=per_part).with_columns(g=pl.col("g").cum_sum().over("pv") - pl.col("g"))
    at = integral.select("pv", "t_ms", "g")
    placed = shares.join(at, left_on=["pv", "start_ms"], right_on=["pv", "t_ms"])
    placed = placed.join(at, left_on=["pv", "stop_ms"], right_on=["pv", "t_ms"], suffix="_stop")
    return placed.group_by(ITEM).agg(attended=(pl.col("parts") * (pl.col("g_stop") - pl.col("g"))).sum())


def hovered(pieces: pl.DataFrame, half: pl.DataFrame) -> pl.LazyFrame:
    """Target dwell on an item while half of it is in view."""
    on = pieces.lazy().filter(pl.col("is_on_target") & (pl.col("dwell_ms") > 0) & (pl.col("sample_target") != ""))
    rests = on.select("pv", "t_ms", item_id="sample_target", until_ms=pl.col("t_ms") + pl.col("dwell_ms"))
    pairs = rests.join(half.lazy(), on=ITEM)
    overlap = pl.min_horizontal("until_ms", "stop_ms") - pl.max_horizontal("t_ms", "start_ms")
    return pairs.filter(overlap > 0).group_by(ITEM).agg(hover_visible_ms=overlap.sum())


def item_views(
    kept: pl.DataFrame,
    views: pl.DataFrame,
    metas: pl.DataFrame,
    all_states: pl.DataFrame,
    hovers: pl.DataFrame,
    parts: Mapping[str, pl.LazyFrame],
    settings: Settings,
) -> pl.DataFrame:
    """Every item that records or item_meta name; a measure is NULL where its streams are absent."""
    items = pl.concat([all_states.lazy().select(ITEM), metas.lazy().select(ITEM)]).unique()
    clicks = records(kept, "clicks").filter(pl.col("target").is_not_null()).group_by("pv", "target")
    shares = records(kept, "items").filter(pl.col("viewport_share").is_not_null()).select("pv", has_share=True).unique()
    rows = items.join(views.lazy(), on="pv").join(metas.lazy(), on=ITEM, how="left")
    for part in (parts["sums"], parts["attended"], parts["hovered"]):
        rows = rows.join(part, on=ITEM, how="left")
    counts = clicks.agg(click_count=pl.len().cast(pl.Int64))
    for of_target in (hovers.lazy(), counts):
        rows = rows.join(of_target, left_on=ITEM, right_on=["pv", "target"], how="left")
    measures = _measures(settings)
    is_told = pl.col("ad_id").is_null() | pl.col("has_ads")
    return (
        rows.join(shares, on="pv", how="left")
        .select(
            *ITEM,
            pl.col("item_type").fill_null("(none)"),
            "feed_rank",
            topic=pl.when(is_told).then("topic"),
            ad_id=pl.when(is_told).then("ad_id").otherwise(pl.lit("(withheld)")),
            is_measurable=pl.col("has_items") & pl.col("has_state"),
            **{name: pl.when(condition).then(value) for name, (condition, value) in measures.items()},
        )
        .collect()
    )


def _measures(settings: Settings) -> dict[str, tuple[Expr, Expr]]:
    """Each with the condition under which it is measured."""

    def or_zero(name: str) -> Expr:
        return pl.col(name).fill_null(0)

    longest, spell_count, clicks = or_zero("longest_spell_ms"), or_zero("spell_count"), or_zero("click_count")
    is_video = (pl.col("item_type") == "video").fill_null(False)
    needed = pl.when(is_video).then(settings.viewable_video_ms).otherwise(settings.viewable_ms)
    has_items, has_clicks = pl.col("has_items"), pl.col("has_clicks")
    is_large = pl.col("width_px") * pl.col("height_px") >= settings.large_px2
    is_tall = pl.col("height_px") > settings.tall_viewports * pl.col("viewport_h_px")
    has_hover = has_items & pl.col("has_cursor")
    has_input = pl.col("has_pointer") | has_clicks | pl.col("has_scroll")
    skipped = (spell_count >= 1) & (longest < settings.skip_ms) & (clicks == 0)
    # A millionth of a millisecond keeps a whole number, computed as 2.9999999, whole.
    whole = (or_zero("attended") + 1e-6).floor().cast(pl.Int64)
    return {
        "is_impression": (has_items, or_zero("visible_any_ms") > 0),
        **{name: (has_items, or_zero(name)) for name in ("visible_any_ms", "visible_ms", "fully_visible_ms")},
        "longest_spell_ms": (has_items, longest),
        "spell_count": (has_items, spell_count),
        "is_viewable": (has_items, longest >= needed),
        "is_viewable_large": (has_items & is_large, or_zero("large_ms") >= settings.viewable_ms),
        "is_viewable_tall": (has_items & is_tall, or_zero("tall_ms") >= settings.viewable_ms),
        "is_subsecond": (has_items, (longest > settings.subsecond_ms) & (longest < settings.viewable_ms)),
        "is_skip": (has_items & has_clicks, skipped),
        "hover_count": (has_hover, or_zero("hover_count")),
        "hover_ms": (has_hover, or_zero("hover_ms")),
        "hover_visible_ms": (has_hover, or_zero("hover_visible_ms")),
        "attended_ms": (pl.col("has_share").fill_null(False) & has_input, whole),
        "click_count": (has_clicks, clicks),
    }
