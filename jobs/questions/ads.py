"""Questions about advertisements: could they be seen, were they hovered over, and what the place and the creative say."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.questions.question import SMALL_GROUPS, Bar, Bars, Row, question
from jobs.questions.sentences import CURSOR, SCREEN, and_list, best, folded, measured, told
from jobs.report.words import duration, number, ratio, share
from warehouse_schema.shared import MISSING

CONSENT = "Only page views with the purpose ads count: nothing here is about people who refused."
NEVER = "Neither a hover nor a click makes an ad viewable, and a viewable ad was not therefore seen."


def _viewable(rows: Sequence[Row]) -> str:
    parts = [
        f"on {row['device_type']} {share(row['viewable_share'])} of {number(row['measurable_count'])} measurable item views, "
        f"while {number(row['not_measurable_count'])} of {number(row['eligible_count'])} could not be measured"
        for row in rows
        if row["device_type"] != SMALL_GROUPS
    ]
    hidden = sum(row["eligible_count"] for row in rows if row["device_type"] == SMALL_GROUPS)
    total = sum(row["eligible_count"] for row in rows)
    return f"{told(and_list(parts))}. " + folded(ratio(hidden, total), "eligible item views of ads")


VIEWABLE = question(
    "ads-viewable",
    "Which share of our ads was viewable?",
    "viewable_share",
    "device_type eligible_count not_measurable_count measured_not_viewable_count viewable_count measurable_count measured_share viewable_share",
    """
    with ads as (
      select * replace (coalesce(device_type, '(small groups)') as device_type)
      from mart.ad_attention_daily
      where event_date = '2026-11-20' and coalesce(surface, 'feed') = 'feed'
    )
    select device_type, sum(eligible_count) as eligible_count, sum(not_measurable_count) as not_measurable_count,
           sum(measured_not_viewable_count) as measured_not_viewable_count, sum(viewable_count) as viewable_count,
           sum(measured_not_viewable_count + viewable_count) as measurable_count,
           round(sum(measured_not_viewable_count + viewable_count) / nullif(sum(eligible_count), 0), 4) as measured_share,
           round(sum(viewable_count) / nullif(sum(measured_not_viewable_count + viewable_count), 0), 4) as viewable_share
    from ads
    group by device_type
    order by device_type = '(small groups)', eligible_count desc, device_type
    """,
    _viewable,
    Bars(
        ("device_type",),
        (
            Bar("viewable_share", "Viewable, of measurable", "share", "measurable_count", "measurable item views"),
            Bar("measured_share", "Measurable, of eligible", "share", "eligible_count", "eligible item views"),
        ),
        SCREEN,
    ),
    "The viewable rate is over measurable item views. Over eligible ones it is lower, and blames ads for what was not measured.",
    "Eligible is exactly not measurable + measured not viewable + viewable: every item view of an ad is in one of the three.",
    "Whether ads that nobody scrolled to are eligible depends on the tracker: it may announce only what it loaded.",
    CONSENT,
)


def _hovered(rows: Sequence[Row]) -> str:
    ads = [row for row in rows if row["ad_id"] != SMALL_GROUPS]
    hidden = sum(row["eligible_count"] for row in rows if row["ad_id"] == SMALL_GROUPS)
    total = sum(row["eligible_count"] for row in rows)
    rest = folded(ratio(hidden, total), "eligible item views of ads on desktops")
    if not ads:
        row = rows[0]
        return (
            f"No ad has enough visitors of its own on a date this small. Of all ads together: cursors rested on {share(row['hovered_share'])} "
            f"of {number(row['hover_measured_count'])} item views, and {share(row['viewable_share'])} of {number(row['measurable_count'])} "
            f"measurable ones were viewable. {rest}"
        )
    first = best(ads, "hovered_share")
    which = (
        f"Of {len(ads)} ads that can be told apart most over {first['ad_id']}"
        if len(ads) > 1
        else f"Only {first['ad_id']} can be told apart"
    )
    return (
        f"{which}: cursors rested on it in {share(first['hovered_share'])} of {number(first['hover_measured_count'])} item views, and it was "
        f"viewable in {share(first['viewable_share'])} of {number(first['measurable_count'])} measurable ones. {rest}"
    )


HOVERED = question(
    "ads-hovered",
    "Did users hover over that ad, and was it in view?",
    "hovered_share",
    "ad_id visitor_count eligible_count hover_measured_count hovered_count hovered_share measurable_count viewable_share mean_hover_ms",
    """
    select coalesce(ad_id, '(small groups)') as ad_id, visitor_count, eligible_count, hover_measured_count, hovered_count,
           round(hovered_count / nullif(hover_measured_count, 0), 4) as hovered_share,
           measured_not_viewable_count + viewable_count as measurable_count,
           round(viewable_count / nullif(measured_not_viewable_count + viewable_count, 0), 4) as viewable_share,
           round(hover_ms / nullif(hover_measured_count, 0)) as mean_hover_ms
    from mart.ad_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop'
    order by is_remainder, hovered_share desc nulls last, ad_id
    """,
    _hovered,
    Bars(
        ("ad_id",),
        (
            Bar("hovered_share", "Hovered over", "share", "hover_measured_count", "item views"),
            Bar("viewable_share", "Viewable, of measurable", "share", "measurable_count", "measurable item views"),
        ),
        CURSOR,
    ),
    NEVER,
    "The two shares have two denominators and stand side by side, not one on the other: the table cannot say which item views were both.",
    "Desktop only: on touch hover is not measured, which is not a share of zero.",
    "Of many ads some stand at either end by chance: the most hovered of forty is no winner.",
    "One ad may stand in several slots on one page, and counts once for each.",
    CONSENT,
    is_of_many=True,
)


def _in_view(rows: Sequence[Row]) -> str:
    parts = [
        f"{row['slot']} {share(row['hover_in_view_share'])} of {duration(row['hover_ms'])} of hovering "
        f"({number(row['hovered_count'])} of {number(row['hover_measured_count'])} item views hovered over)"
        for row in rows
        if row["hover_ms"]
    ]
    return f"{told(and_list(parts))}." if parts else "No cursor was on an ad where hover is measured."


IN_VIEW = question(
    "ads-hovered-in-view",
    "While the cursor was on an ad, was the ad in view by half?",
    "hover_in_view_share",
    "slot visitor_count hover_measured_count hovered_count hover_ms hover_visible_ms hover_in_view_share",
    """
    select coalesce(item_id, '(small groups)') as slot, visitor_count, hover_measured_count, hovered_count, hover_ms,
           hover_visible_ms, round(hover_visible_ms / nullif(hover_ms, 0), 4) as hover_in_view_share
    from mart.story_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and item_type = 'ad'
    order by is_remainder, hover_ms desc nulls last, slot
    """,
    _in_view,
    Bars(
        ("slot",),
        (
            Bar(
                "hover_in_view_share",
                "Of hovering, with half in view",
                "share",
                "hovered_count",
                "item views hovered over",
            ),
        ),
        CURSOR,
    ),
    "A cursor on the visible edge of a large ad hovers over it while less than half of it is in view: the rest is no error.",
    "Time counts only while the page was in the foreground; without a state stream all of it counts as that.",
    "Slots, not creatives: the ads in a slot change from page view to page view. Video ads are of another type, and not in it.",
    "Whether the feed was in view of one person at one moment is a question for `hoverlake visible`, with permission.",
)


def _places(rows: Sequence[Row]) -> str:
    placed = [row for row in measured(rows, "viewable_share") if row["feed_rank_bucket"] not in (SMALL_GROUPS, MISSING)]
    if not placed:
        return "No place alone has enough visitors on a date this small."
    first, last = best(placed, "viewable_share"), min(placed, key=lambda row: float(row["viewable_share"]))
    return (
        f"From {share(first['viewable_share'])} viewable at place {first['feed_rank_bucket']} on {first['device_type']} (of "
        f"{number(first['measurable_count'])} measurable item views) to {share(last['viewable_share'])} at {last['feed_rank_bucket']} "
        f"on {last['device_type']} (of {number(last['measurable_count'])})."
    )


PLACES = question(
    "ads-by-place",
    "How much is an ad slot further down worth?",
    "viewable_share",
    "device_type feed_rank_bucket item_count seen_share measurable_count viewable_share clicks_measured_count clicks_per_100",
    """
    select device_type, coalesce(feed_rank_bucket, '(small groups)') as feed_rank_bucket, item_count,
           round(impressions / nullif(item_count, 0), 4) as seen_share, measurable_count,
           round(measurable_viewable_count / nullif(measurable_count, 0), 4) as viewable_share,
           clicks_measured_count, round(100 * click_count / nullif(clicks_measured_count, 0), 2) as clicks_per_100
    from mart.feed_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and item_type = 'ad' and device_type is not null
    order by device_type, is_remainder, try_cast(regexp_extract(feed_rank_bucket, '[0-9]+') as int)
    """,
    _places,
    Bars(
        ("device_type", "feed_rank_bucket"),
        (
            Bar("viewable_share", "Viewable, of measurable", "share", "measurable_count", "measurable item views"),
            Bar("clicks_per_100", "Clicks per 100 item views", "per_100", "clicks_measured_count", "item views"),
        ),
        SCREEN,
    ),
    "The further slot is seen by other people: those who scroll. Moving an ad there does not give it their interest.",
    "Few clicks make their rate jump: look at how many item views stand beside it.",
    "Ads of the type video are not among them; the small groups hold places with too few visitors of their own.",
)


def _against(rows: Sequence[Row]) -> str:
    places: dict[str, dict[str, Row]] = {}
    for row in rows:
        places.setdefault(row["feed_rank_bucket"], {})[row["item_type"]] = row
    parts = [
        f"at place {place} {share(of['ad']['viewable_share'])} of {number(of['ad']['measurable_count'])} ads and "
        f"{share(of['story']['viewable_share'])} of {number(of['story']['measurable_count'])} stories are viewable"
        for place, of in places.items()
        if {"ad", "story"} <= set(of)
    ]
    return f"{told(and_list(parts))}." if parts else "No place is published for both."


AGAINST = question(
    "ads-against-stories",
    "Are ads less viewable than stories at the same place?",
    "viewable_share",
    "feed_rank_bucket item_type measurable_count viewable_share impressions median_visible_ms",
    """
    select feed_rank_bucket, item_type, measurable_count,
           round(measurable_viewable_count / nullif(measurable_count, 0), 4) as viewable_share,
           impressions, hist_p50(visible_ms_hist) as median_visible_ms
    from mart.feed_attention_daily
    where event_date = '2026-11-20' and surface = 'feed' and device_type = 'desktop' and item_type in ('ad', 'story')
      and not is_remainder and feed_rank_bucket <> '(none)'
    qualify count(*) over (partition by feed_rank_bucket) = 2
    order by try_cast(regexp_extract(feed_rank_bucket, '[0-9]+') as int), item_type
    """,
    _against,
    Bars(
        ("feed_rank_bucket", "item_type"),
        (
            Bar("viewable_share", "Viewable, of measurable", "share", "measurable_count", "measurable item views"),
            Bar("median_visible_ms", "Median time in view", "time", "impressions", "impressions"),
        ),
        SCREEN,
    ),
    "Ads count from people who allow them, stories from everybody: two crowds, not two treatments of one.",
    "Half of a small ad is in view sooner than half of a tall story: size is behind part of the difference.",
    "A class of several places is no single place: ads may lie at its start and stories all over it.",
)

ADS = (VIEWABLE, HOVERED, IN_VIEW, PLACES, AGAINST)
