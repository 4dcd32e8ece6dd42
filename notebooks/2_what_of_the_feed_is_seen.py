# %% [markdown]
# # 2. What of the feed is seen
#
# How fast does being seen fall off with the place in the feed, what is skipped, and how long do stories, videos and ads stay
# in view? From `mart.feed_attention_daily`: item views by place, never a single person's.

# %%
import os
import textwrap

import matplotlib.pyplot as plt
import pandas as pd

import hoverlake

warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
date = warehouse.dates("mart.feed_attention_daily")[-1]

# %% [markdown]
# ## The position curve
#
# Of stories, by device. The feed puts on top what it expects to please, so this is place and choice together. Divide by item
# views: the wider classes hold several places of one page view.

# %%
places = warehouse.sql(
    """
    select device_type, feed_rank_bucket as place, sum(item_count) as item_views, sum(impressions) as impressions,
           sum(measurable_count) as measurable, sum(measurable_viewable_count) as viewable,
           sum(measurable_viewable_count) / nullif(sum(measurable_count), 0) as viewable_share,
           hist_p50(hist_sum(visible_ms_hist)) as median_visible_ms
    from mart.feed_attention_daily
    where event_date = $date and surface = 'feed' and item_type = 'story' and not is_remainder and feed_rank_bucket <> '(none)'
    group by device_type, feed_rank_bucket
    order by device_type, try_cast(regexp_extract(feed_rank_bucket, '[0-9]+') as int)
    """,
    {"date": date},
).pandas()
places

# %%
order = ["1", "2", "3", "4-5", "6-10", "11-20", "21-50", "51+"]
curve = places.pivot(index="place", columns="device_type", values="viewable_share").reindex(order).astype(float)
ax = curve.plot(marker="o", figsize=(8, 3.5))
ax.set(ylim=(0, 1), xlabel="place in the feed", ylabel="viewable, of measurable", title=f"Stories of {date}")
plt.show()

# %% [markdown]
# A gap is a place with too few visitors of its own: it is merged into a remainder, not unseen.
#
# ## Skips
#
# A skip is at least half in view for less than a second, and no click. Rows that lost only their place still know their item
# type, so the sums by type are whole; what lost its type as well stands apart.

# %%
skips = warehouse.sql(
    """
    select coalesce(item_type, '(small groups)') as type, sum(impressions) as impressions, sum(skip_count) as skips,
           sum(subsecond_count) as near_misses, sum(item_count) as item_views, sum(clicks_measured_count) as clicks_measured
    from mart.feed_attention_daily
    where event_date = $date and coalesce(surface, 'feed') = 'feed' and coalesce(item_type, 'story') <> 'zone'
    group by 1 order by sum(impressions) desc
    """,
    {"date": date},
).pandas()
skips["skips_per_100"] = 100 * skips["skips"] / skips["impressions"].replace(0, pd.NA)
skips

# %% [markdown]
# ## How long each type stays in view
#
# `_hist` columns are counts in fixed bins: add them first, then read the quantile. Off by less than a factor of 1.4.

# %%
dwell = warehouse.sql(
    """
    select item_type as type, device_type as device, sum(impressions) as impressions,
           hist_p50(hist_sum(visible_ms_hist)) / 1000 as median_s, hist_p90(hist_sum(visible_ms_hist)) / 1000 as p90_s
    from mart.feed_attention_daily
    where event_date = $date and surface = 'feed' and item_type in ('story', 'video', 'ad') and device_type is not null
    group by 1, 2 order by 2, 4 desc
    """,
    {"date": date},
).pandas()
dwell

# %%
times = dwell.pivot(index="type", columns="device", values="median_s").astype(float)
if times.notna().any(axis=None):
    ax = times.plot.bar(figsize=(8, 3), rot=0)
    ax.set(xlabel="", ylabel="median time in view, s", title="Time on screen is not reading")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    plt.show()

# %% [markdown]
# ## Answer


# %%
def fall(device: str) -> str:
    """How the viewable share falls from the first to the last place that is published."""
    known = places[(places["device_type"] == device) & (places["measurable"] > 0)]
    if known.empty:
        return f"on {device} it was not measured"
    first, last = known.iloc[0], known.iloc[-1]
    return (
        f"on {device} from {first['viewable_share']:.0%} at place {first['place']} (of {int(first['measurable']):,}) to "
        f"{last['viewable_share']:.0%} at {last['place']} (of {int(last['measurable']):,})"
    )


known = skips[(skips["impressions"] > 0) & skips["type"].isin(["story", "video", "ad"])]
most = known.sort_values("skips_per_100", ascending=False).iloc[0] if len(known) else None
skipped = (
    f"{most['type']} is skipped most, {most['skips_per_100']:.1f} times per 100 of {int(most['impressions']):,} impressions"
    if most is not None
    else "skips were not measured"
)
devices = list(dict.fromkeys(places["device_type"]))
answer = f"Stories of {date}, viewable of measurable: {'; '.join(map(fall, devices))}. Of all types {skipped}."
print(textwrap.fill(answer, 100))
