# %% [markdown]
# # 1. A first look at a night
#
# What has a night published, how many people and page views are behind it, and how much of it can only be said of large
# groups? Everything here reads published tables: one row is always about many visitors.

# %%
import os
import textwrap

import matplotlib.pyplot as plt

import hoverlake

warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
date = warehouse.dates()[-1]
print(f"release {warehouse.release}, newest date {date}, {len(warehouse.dates())} dates in all")

# %% [markdown]
# ## How many came
#
# `mart.reach_daily` rounds to 10, and its visitors never add up: who comes to the feed and to a profile is one visitor.

# %%
reach = warehouse.table("mart.reach_daily", dates=date).pandas()
reach[["surface", "device_type", "is_remainder", "page_view_count", "visitors_1d", "visitors_28d"]]

# %% [markdown]
# ## Visits
#
# Sessions do add up. The row without keys holds those whose device and platform had too few visitors: a total without it would
# be too small. If even that row had too few, it is published nowhere, so a total is of what is published.

# %%
visits = warehouse.sql(
    """
    select coalesce(platform || ' ' || device_type, '(small groups)') as visitors_of, session_count, page_view_count,
           engaged_session_count, engaged_measured_count, engaged_ms, visible_ms
    from mart.session_attention_daily where event_date = $date
    order by is_remainder, session_count desc
    """,
    {"date": date},
).pandas()
visits

# %%
ax = visits.plot.barh(x="visitors_of", y=["session_count", "engaged_session_count"], figsize=(8, 3))
ax.invert_yaxis()
ax.set(xlabel="sessions", ylabel="", title=f"Sessions of {date}, and the engaged ones")
plt.show()

# %% [markdown]
# ## What of the feed was seen
#
# Places of the feed with their remainders are all item views that are published. The viewable rate is over *measurable* item views: where the
# tracker did not say whether the page was in the foreground, viewable and not viewable cannot be told apart.

# %%
feed = (
    warehouse.sql(
        """
    select sum(item_count) as item_views, sum(impressions) as impressions, sum(measurable_count) as measurable,
           sum(measurable_viewable_count) as viewable,
           coalesce(sum(impressions) filter (where is_remainder), 0) as in_small_groups
    from mart.feed_attention_daily where event_date = $date
    """,
        {"date": date},
    )
    .pandas()
    .iloc[0]
)
feed

# %% [markdown]
# ## What became of the raw lines
#
# `ops.reconciliation` has the equations of every run, by landing date; of each date the newest run counts. `adds_up` is false
# where something was lost silently. Lines of a night land on its date and on those after it, for some devices were offline.

# %%
lines = warehouse.sql(
    """
    with equations as (
      select *, run_id = max(run_id) over (partition by date) as is_newest
      from ops.reconciliation where quantity = 'lines' and reason <> 'input' and date >= $date
    )
    select reason, sum(row_count) as lines, bool_and(adds_up) as adds_up
    from equations where is_newest
    group by reason having sum(row_count) > 0 order by lines desc
    """,
    {"date": date},
).pandas()
lines

# %% [markdown]
# ## Answer

# %%
sessions = int(visits["session_count"].sum())
engaged = int(visits["engaged_session_count"].sum())
accepted = int(lines.loc[lines["reason"] == "accepted", "lines"].sum())
everything = "everything adds up" if bool(lines["adds_up"].all()) else "NOT everything adds up"


def share_of(part: str, whole: str, nouns: str) -> str:
    """A share with the number it is of; of nothing there is none."""
    return f"{feed[part] / feed[whole]:.1%} of {int(feed[whole]):,} {nouns}" if feed[whole] else "not measured"


answer = (
    f"Of {date} {sessions:,} sessions are published, {engaged:,} of them engaged, with {int(visits['page_view_count'].sum()):,} page views. "
    f"Viewable: {share_of('viewable', 'measurable', 'measurable item views')}. Only to be told of larger groups: "
    f"{share_of('in_small_groups', 'impressions', 'impressions')}. Of {int(lines['lines'].sum()):,} raw lines {accepted:,} were accepted, "
    f"and {everything}."
)
print(textwrap.fill(answer, 100))
