# %% [markdown]
# # 4. When is the feed visible
#
# At what time of day, on which platform, and on how many phones at once was the feed in somebody's view? From
# `mart.feed_visibility_minutes`, minute by minute in UTC.
#
# A minute has a row of its own if enough visitors had the feed on screen in it. All others are merged, by platform and device,
# into the remainder of the date: a minute without a row is *not* zero.

# %%
import os
import textwrap

import matplotlib.pyplot as plt

import hoverlake

warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
date = warehouse.dates("mart.session_attention_daily")[-1]

# %% [markdown]
# ## By platform
#
# Visible time adds up over minutes and rows; page views do not, because one is visible in several minutes.

# %%
platforms = warehouse.sql(
    """
    select coalesce(platform, '(small groups)') as of_platform, coalesce(device_type, '(small groups)') as of_device,
           sum(visible_ms) as visible_ms, count(distinct minute) as minutes,
           coalesce(sum(visible_ms) filter (where minute is not null), 0) as visible_ms_in_minutes
    from mart.feed_visibility_minutes where event_date = $date
    group by all order by visible_ms desc
    """,
    {"date": date},
).pandas()
platforms["share"] = platforms["visible_ms"] / platforms["visible_ms"].sum()
platforms

# %%
ax = platforms.assign(
    hours=platforms["visible_ms"].astype(float) / 3.6e6, name=platforms["of_platform"] + " " + platforms["of_device"]
).plot.barh(x="name", y="hours", legend=False, figsize=(8, 3))
ax.invert_yaxis()
ax.set(
    xlabel="hours of feed on screen, all page views together", ylabel="", title=f"{date}: time on screen is not reading"
)
plt.show()

# %% [markdown]
# ## By minute, on phones
#
# Only minutes that are published. `visible_at_start_count` is how many feeds were on a screen at once, at the minute's first
# instant.

# %%
minutes = warehouse.sql(
    """
    select minute, platform, visible_at_start_count as feeds_at_once, visible_ms, visitor_count
    from mart.feed_visibility_minutes
    where event_date = $date and device_type = 'phone' and minute is not null and not is_remainder
    order by minute, platform
    """,
    {"date": date},
).pandas()
if len(minutes):
    figure, ax = plt.subplots(figsize=(9, 3))
    for name, of_platform in minutes.groupby("platform"):
        ax.plot(of_platform["minute"].to_numpy(), of_platform["feeds_at_once"].to_numpy(float), ".", label=name)
    ax.set(xlabel="UTC", ylabel="feeds on screen at once", title="Published minutes only")
    ax.legend(frameon=False)
    plt.show()
else:
    print("no minute of this date has enough visitors on phones")

# %% [markdown]
# ## By hour
#
# On a small date no minute is published. The audit's profile counts page views by the hour in which they start, programs among
# them: coarser, and about starting rather than lasting.

# %%
hours = warehouse.sql(
    """
    select class as hour, amount as page_views, base as of_date
    from ops.dq_profile
    where event_date = $date and surface = 'feed' and metric = 'start_hour' and is_published
      and run_id = (select max(run_id) from ops.dq_profile where event_date = $date and metric = 'start_hour' and is_published)
    order by hour
    """,
    {"date": date},
).pandas()
ax = hours.plot.bar(x="hour", y="page_views", legend=False, figsize=(9, 3), rot=0)
ax.set(xlabel="hour, UTC", ylabel="page views that start")
plt.show()

# %% [markdown]
# ## Answer

# %%
total = int(platforms["visible_ms"].sum())
named = platforms[platforms["of_platform"] != "(small groups)"]
phones = named[named["of_device"] == "phone"]
on_phones = "; ".join(
    f"{row.of_platform} {row.visible_ms / 3.6e6:.1f} h ({row.visible_ms / total:.0%})" for row in phones.itertuples()
)
placed = int(platforms["visible_ms_in_minutes"].sum()) / total
if len(minutes):
    at = minutes.sort_values(["feeds_at_once", "minute"], ascending=[False, True]).iloc[0]
    when = f"Most phones at once: {int(at['feeds_at_once']):,} on {at['platform']} at {at['minute']:%H:%M} UTC"
else:
    peak = hours.sort_values(["page_views", "hour"], ascending=[False, True]).iloc[0]
    when = (
        f"No minute on phones has enough visitors; most page views, {int(peak['page_views']):,} of {int(peak['of_date']):,}, "
        f"start between {peak['hour']}:00 and {peak['hour']}:59 UTC"
    )
answer = (
    f"Of {date} {total / 3.6e6:.1f} h of feeds on screen are published; on phones {on_phones or 'nothing that can be told'}. "
    f"{placed:.0%} of the time can be told by the minute. {when}."
)
print(textwrap.fill(answer, 100))
