# %% [markdown]
# # 6. The data quality of a month
#
# Which dates of the last four weeks can be believed, and what has changed? From `ops`: counts of rows and lines, no amounts and
# nobody's behaviour. With fewer dates than 28 it works with those there are, and says how many.

# %%
import datetime as dt
import os
import textwrap

import matplotlib.pyplot as plt

import hoverlake

DAYS = 28
warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
last = warehouse.dates()[-1]
first = last - dt.timedelta(days=DAYS - 1)
dates = [date for date in warehouse.dates() if date >= first]
print(f"{len(dates)} of {DAYS} dates from {first} to {last} are published")

# %% [markdown]
# ## Checks
#
# The newest run of each date counts: a date that was rebuilt for late beacons was checked anew. A check that could not be
# judged, for want of earlier dates to compare with, neither held nor failed.

# %%
checks = warehouse.sql(
    """
    select event_date, count(*) filter (where success) as held, count(*) filter (where not success) as failed,
           count(*) filter (where not success and severity = 'critical') as failed_critically,
           count(*) filter (where success is null) as not_judged
    from ops.dq_results as results
    where list_contains($dates, event_date)
      and run_id = (select max(run_id) from ops.dq_results as newer where newer.event_date = results.event_date)
    group by event_date order by event_date
    """,
    {"dates": dates},
).pandas()
checks

# %%
failed = warehouse.sql(
    """
    select event_date, table_name, expectation, column_name, severity, observed, threshold, meaning, owner
    from ops.dq_results as results
    where list_contains($dates, event_date) and not success
      and run_id = (select max(run_id) from ops.dq_results as newer where newer.event_date = results.event_date)
    order by severity, event_date, table_name, expectation
    """,
    {"dates": dates},
).pandas()
failed

# %% [markdown]
# ## What each date looked like
#
# Shares of the feed's page views: programs, beacons that never came, and which streams were measured. A stream that stops being
# measured makes its numbers NULL, and not small.

# %%
METRICS = ("bots", "beacons_missing", "cursor_measured", "clicks_measured", "items_measured", "state_measured")
profile = warehouse.sql(
    """
    select event_date, metric, amount, base, amount / nullif(base, 0) as share
    from ops.dq_profile as profiles
    where event_date between $first and $last and surface = 'feed' and class = '(all)' and is_published
      and list_contains($metrics, metric)
      and run_id = (select max(run_id) from ops.dq_profile as newer
                    where newer.event_date = profiles.event_date and newer.metric = profiles.metric and newer.is_published)
    order by event_date, metric
    """,
    {"first": first, "last": last, "metrics": list(METRICS)},
).pandas()
by_date = profile.pivot(index="event_date", columns="metric", values="share").astype(float)
by_date

# %%
figure, ax = plt.subplots(figsize=(9, 4))
for metric in by_date:
    ax.plot(by_date.index.to_numpy(), by_date[metric].to_numpy(), marker="o", label=metric)
ax.set(
    ylim=(0, 1.02), xlabel="event date, UTC", ylabel="share", title="Feed: programs, missing beacons, measured streams"
)
ax.set_xlim(first - dt.timedelta(days=1), last + dt.timedelta(days=1))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

# %% [markdown]
# ## Does everything add up?
#
# One equation for each run, table and date. A false one means that something was lost silently: no night publishes that.

# %%
equations = warehouse.sql(
    """
    select date, table_name, quantity, bool_and(adds_up) as adds_up
    from ops.reconciliation where date between $first and $last
    group by all order by all
    """,
    {"first": first, "last": last},
).pandas()
broken = equations[~equations["adds_up"]]
broken

# %% [markdown]
# ## Answer


# %%
def span(metric: str) -> str:
    """The least and the greatest share of the dates."""
    if metric not in by_date or by_date[metric].isna().all():
        return "not profiled"
    low, high = by_date[metric].min(), by_date[metric].max()
    return f"{low:.1%}" if low == high else f"{low:.1%} to {high:.1%}"


sound = int((checks["failed_critically"] == 0).sum())
noted = sorted({str(value) for value in failed["expectation"]})
answer = (
    f"{len(dates)} of {DAYS} dates up to {last} are published{': no month yet, and no trend' if len(dates) < 14 else ''}. "
    f"On {sound} of {len(checks)} of them no critical check failed; {int(checks['failed'].sum()):,} of "
    f"{int(checks[['held', 'failed', 'not_judged']].sum().sum()):,} checks failed ({', '.join(noted) or 'none'}), and "
    f"{int(checks['not_judged'].sum()):,} could not be judged. Programs were {span('bots')} of the feed's page views, beacons that never came "
    f"{span('beacons_missing')}. {len(broken)} of {len(equations)} equations do not add up."
)
print(textwrap.fill(answer, 100))
