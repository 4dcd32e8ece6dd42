# %% [markdown]
# # 5. Ads: viewability, and hover next to it
#
# Could ads be seen, and did cursors rest on them? Two questions with two denominators. They stand next to each other and are
# never multiplied: **a hover does not make an ad viewable**, and a viewable ad was not therefore seen.
#
# Only page views with the purpose *ads* count, in every table: no difference of two tables is the people who refused.

# %%
import os
import textwrap

import matplotlib.pyplot as plt
import pandas as pd

import hoverlake

warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
date = warehouse.dates("mart.ad_attention_daily")[-1]
ads = warehouse.table("mart.ad_attention_daily", dates=date).pandas()

# %% [markdown]
# ## Three groups that are all of it
#
# Every item view of an ad is in exactly one of three groups: not measurable, measured and not viewable, viewable. Groups add up
# over rows; `viewable_visitor_count` does not.

# %%
groups = ["not_measurable_count", "measured_not_viewable_count", "viewable_count"]
assert (ads["eligible_count"] == ads[groups].sum(axis=1)).all()
devices = (
    ads.assign(device=ads["device_type"].fillna("(small groups)")).groupby("device")[["eligible_count", *groups]].sum()
)
devices["measurable"] = devices["measured_not_viewable_count"] + devices["viewable_count"]
devices["viewable_share"] = devices["viewable_count"] / devices["measurable"].replace(0, pd.NA)
devices

# %%
ax = (
    devices[groups]
    .astype(float)
    .div(devices["eligible_count"].astype(float), axis=0)
    .plot.barh(stacked=True, figsize=(8, 2.8))
)
ax.set(xlabel="share of eligible item views", ylabel="", xlim=(0, 1), title=f"Ads of {date}")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3, frameon=False)
plt.show()

# %% [markdown]
# ## Hover next to it
#
# On desktops only: on touch a hover is not measured, which is no share of zero. Ads with too few visitors of their own are
# merged; they belong into the total, and not into the ranking.

# %%
desktop = ads[ads["device_type"] == "desktop"].copy()
desktop["hovered_share"] = desktop["hovered_count"] / desktop["hover_measured_count"].replace(0, pd.NA)
desktop["measurable"] = desktop["measured_not_viewable_count"] + desktop["viewable_count"]
desktop["viewable_share"] = desktop["viewable_count"] / desktop["measurable"].replace(0, pd.NA)
ranked = desktop[~desktop["is_remainder"]].sort_values(["hovered_share", "ad_id"], ascending=[False, True])
ranked[["ad_id", "visitor_count", "hover_measured_count", "hovered_share", "measurable", "viewable_share"]]

# %%
if len(ranked) > 2:
    ax = ranked.astype({"hovered_share": float, "viewable_share": float}).plot.scatter(
        "viewable_share", "hovered_share", figsize=(5, 4)
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="viewable, of measurable", ylabel="hovered over, of hover measured")
    plt.show()
else:
    print("too few ads have enough visitors of their own: only all of them together can be told")

# %% [markdown]
# ## How much of the hovering was on ads in view
#
# `mart.story_attention_daily` knows it by slot: the part of the hover time with at least half of the ad in view. Video ads are
# of another type there.

# %%
slots = warehouse.sql(
    """
    select coalesce(item_id, '(small groups)') as slot, hover_measured_count, hovered_count, hover_ms, hover_visible_ms
    from mart.story_attention_daily
    where event_date = $date and surface = 'feed' and device_type = 'desktop' and item_type = 'ad'
    order by is_remainder, hover_ms desc
    """,
    {"date": date},
).pandas()
slots

# %% [markdown]
# ## Answer


# %%
def share(part: float, whole: float, nouns: str) -> str:
    """A share with the number it is of; of nothing there is none."""
    return f"{part / whole:.1%} of {nouns}" if not pd.isna(whole) and whole else "not measured"


total, measurable = int(devices["eligible_count"].sum()), int(devices["measurable"].sum())
hover_measured, hover_ms = int(desktop["hover_measured_count"].sum()), slots["hover_ms"].sum(min_count=1)
hover_min = "none" if pd.isna(hover_ms) else f"{hover_ms / 60000:,.1f} min"
alone = share(ranked["eligible_count"].sum(), desktop["eligible_count"].sum(), "its item views")
answer = (
    f"Ads of {date}: viewable {share(devices['viewable_count'].sum(), measurable, f'{measurable:,} measurable item views')}; not measurable "
    f"{share(devices['not_measurable_count'].sum(), total, f'{total:,} eligible ones')}. Next to it, and not part of it: on desktops hovered "
    f"over {share(desktop['hovered_count'].sum(), hover_measured, f'{hover_measured:,} item views')}; with half of the ad in view "
    f"{share(slots['hover_visible_ms'].sum(), hover_ms, f'{hover_min} of hovering over slots')}. Of the desktop's ads "
    f"{len(ranked)} can be told apart, with {alone}."
)
print(textwrap.fill(answer, 100))
