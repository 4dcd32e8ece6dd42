"""What lies on a page: a few layouts, popular and less popular stories, ad slots, zones, and who is under a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.simulator.people import Visitor

STORY_COUNT = 400
AD_COUNT = 40
#: Taller than two screens; among the popular ones too.
FIRST_TALL_STORY, TALL_EVERY = 6, 25
TOPICS = (
    "politics",
    "sports",
    "family",
    "music",
    "science",
    "travel",
    "food",
    "local",
    "film",
    "gardens",
    "games",
    "money",
)
NAV_PX = 56
ITEM_GAP_PX = 16
PAGE_OF_ITEMS = 10  # a feed grows by so many items
LOAD_AHEAD_PX = 1200
#: Every fifth place from the third is an ad slot; profiles carry none.
FIRST_AD_RANK, AD_EVERY = 3, 5
#: Exactly 242,500 px2, the least area of a large display ad.
BILLBOARD_PX = (970, 250)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Catalogue:
    """The stories and ads of one day, the same for every visitor."""

    story_height_px: Ints
    story_topic: list[str]
    is_video: npt.NDArray[np.bool_]
    story_appeal: Floats
    ad_height_px: Ints
    ad_is_video: npt.NDArray[np.bool_]


def draw_catalogue(rng: np.random.Generator) -> Catalogue:
    """Stories whose popularity follows Zipf's law; one in 25 is taller than two screens."""
    heights = rng.integers(220, 900, STORY_COUNT)
    heights[FIRST_TALL_STORY::TALL_EVERY] = rng.integers(1500, 2600, len(heights[FIRST_TALL_STORY::TALL_EVERY]))
    return Catalogue(
        story_height_px=heights,
        story_topic=[TOPICS[i] for i in rng.integers(len(TOPICS), size=STORY_COUNT)],
        is_video=rng.random(STORY_COUNT) < 0.12,
        story_appeal=-1.1 * np.log(np.arange(1, STORY_COUNT + 1)),
        ad_height_px=rng.integers(250, 460, AD_COUNT),
        ad_is_video=rng.random(AD_COUNT) < 0.3,
    )


@dataclass(frozen=True)
class Layout:
    """Where column and sidebar lie; one of a small number of versions, so that page views compare."""

    layout_id: str
    column_left_px: int
    column_width_px: int
    first_top_px: int
    sidebar_left_px: int | None
    height_factor: float
    has_billboard: bool


def layout_of(visitor: Visitor, surface: str) -> Layout:
    """The layout that this visitor's device gets on this surface."""
    is_b = visitor.layout == "b"
    width = visitor.viewport_w_px
    if visitor.device_type == "phone":
        name = "feed-m4" if surface == "feed" else "profile-m2"
        return Layout(name, 0, width, 72 if surface == "feed" else 260, None, 1.1, False)
    column = min(width, 680 if is_b else 600)
    left = (width - column) // 2
    sidebar = left + column + 24 if width >= 1024 else None
    has_billboard = surface == "feed" and is_b and width >= BILLBOARD_PX[0]
    if surface == "profile":
        return Layout("profile-v3", left, column, 340, sidebar, 1.0, False)
    first_top = NAV_PX + 16 + (BILLBOARD_PX[1] + 16 if has_billboard else 88)
    return Layout("feed-v8" if is_b else "feed-v7", left, column, first_top, sidebar, 1.0, has_billboard)


@dataclass(frozen=True)
class Feed:
    """The items of one page view from top to bottom, and the layout they lie in.

    `loaded_rank` is the number of items before each page of the feed; item geometry is in document space.
    """

    layout: Layout
    item_ids: list[str]
    tops: Ints
    heights: Ints
    lefts: Ints
    widths: Ints
    meta: list[dict[str, Any]]

    @property
    def document_h_px(self) -> int:
        """Height of the document with all items loaded."""
        return int(self.tops[-1] + self.heights[-1]) + 120

    def document_h_at(self, item_count: int) -> int:
        """Height of the document when only the first `item_count` items are loaded."""
        last = min(item_count, len(self.item_ids)) - 1
        return int(self.tops[last] + self.heights[last]) + 120


def lay_out_feed(
    rng: np.random.Generator, catalogue: Catalogue, visitor: Visitor, surface: str, reach_px: float
) -> Feed:
    """A feed long enough to scroll by `reach_px`: popular stories come earlier and oftener, ads in their slots."""
    layout = layout_of(visitor, surface)
    pages = int(np.clip((reach_px + visitor.viewport_h_px + LOAD_AHEAD_PX) // (560 * PAGE_OF_ITEMS) + 1, 1, 12))
    count = pages * PAGE_OF_ITEMS if surface == "feed" else PAGE_OF_ITEMS
    taste = catalogue.story_appeal + 0.7 * rng.gumbel(size=STORY_COUNT)
    stories = np.argsort(-taste)[:count]
    ads = rng.integers(AD_COUNT, size=count)
    ranks = np.arange(1, count + 1)
    is_ad = (ranks % AD_EVERY == FIRST_AD_RANK) & (surface == "feed")
    heights = np.where(
        is_ad, catalogue.ad_height_px[ads], (catalogue.story_height_px[stories] * layout.height_factor).astype(np.int64)
    )
    tops = layout.first_top_px + np.concatenate(([0], np.cumsum(heights[:-1] + ITEM_GAP_PX)))
    meta = [
        _ad_meta(catalogue, int(ads[i]), i + 1) if is_ad[i] else _story_meta(catalogue, int(stories[i]), i + 1)
        for i in range(count)
    ]
    lefts = np.full(count, layout.column_left_px)
    widths = np.full(count, layout.column_width_px)
    if layout.has_billboard:
        tops, heights = np.append(NAV_PX + 16, tops), np.append(BILLBOARD_PX[1], heights)
        lefts = np.append((visitor.viewport_w_px - BILLBOARD_PX[0]) // 2, lefts)
        widths = np.append(BILLBOARD_PX[0], widths)
        meta.insert(0, {"item_id": "billboard", "item_type": "ad", "ad_id": f"ad-{int(rng.integers(AD_COUNT)):03d}"})
    for entry, width, height in zip(meta, widths.tolist(), heights.tolist(), strict=True):
        entry["width_px"], entry["height_px"] = width, height
    return Feed(layout, [m["item_id"] for m in meta], tops, heights, lefts, widths, meta)


def _story_meta(catalogue: Catalogue, story: int, rank: int) -> dict[str, Any]:
    item_type = "video" if catalogue.is_video[story] else "story"
    return {
        "item_id": f"story-{story:04d}",
        "item_type": item_type,
        "feed_rank": rank,
        "topic": catalogue.story_topic[story],
    }


def _ad_meta(catalogue: Catalogue, ad: int, rank: int) -> dict[str, Any]:
    """A slot is named by its place, so that a creative may come twice on a page."""
    item_type = "video" if catalogue.ad_is_video[ad] else "ad"
    return {
        "item_id": f"slot-{rank // AD_EVERY + 1}",
        "item_type": item_type,
        "feed_rank": rank,
        "ad_id": f"ad-{ad:03d}",
    }


def targets_at(feed: Feed, x: Floats, y: Floats, offset: Floats) -> list[str | None]:
    """What lies under each viewport point: the item, else the zone nav, sidebar or composer, else None."""
    document_y = y + offset
    index = np.searchsorted(feed.tops, document_y, side="right") - 1
    item = np.maximum(index, 0)
    in_item = (index >= 0) & (document_y < feed.tops[item] + feed.heights[item])
    in_item &= (x >= feed.lefts[item]) & (x < feed.lefts[item] + feed.widths[item])
    code = np.where(in_item, item, -1)
    zones = ["nav", "sidebar", "composer"]
    names = np.array([*feed.item_ids, *zones, None], dtype=object)
    count = len(feed.item_ids)
    in_column = (x >= feed.layout.column_left_px) & (x < feed.layout.column_left_px + feed.layout.column_width_px)
    above_feed = in_column & (document_y < feed.layout.first_top_px) & ~in_item
    code[above_feed] = count + 2
    if feed.layout.sidebar_left_px is not None:
        code[x >= feed.layout.sidebar_left_px] = count + 1
    code[(y >= 0) & (y < NAV_PX)] = count
    code[(x < 0) | (y < 0)] = -1
    found: list[str | None] = names[code].tolist()  # -1 picks the None at the end
    return found


def shares_in_view(feed: Feed, visitor: Visitor, tops_px: Floats) -> tuple[Floats, Floats]:
    """For each viewport offset (row) and item (column): share of the item in view, share of the viewport it covers."""
    height = visitor.viewport_h_px
    from_px = np.maximum(feed.tops[None, :], tops_px[:, None])
    to_px = np.minimum((feed.tops + feed.heights)[None, :], tops_px[:, None] + height)
    in_view = np.maximum(to_px - from_px, 0.0)
    covers = in_view * (feed.widths / (visitor.viewport_w_px * height))[None, :]
    return in_view / feed.heights[None, :], covers
