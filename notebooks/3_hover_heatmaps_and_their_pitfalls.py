# %% [markdown]
# # 3. Hover heatmaps and their pitfalls
#
# A heatmap is quickly drawn and quickly misread. Three traps: cursors that are only parked, places that are cold because they
# are seldom on screen, and layouts or window widths thrown together. **The cursor is not the gaze.**

# %%
import os
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hoverlake

warehouse = hoverlake.open_warehouse(os.environ.get("HOVERLAKE_WAREHOUSE", "data/warehouse"))
date = warehouse.dates("mart.hover_heatmap_daily")[-1]
cells = warehouse.sql(
    """
    select layout_id, viewport_class, space, cell_px, cell_x, cell_y, is_remainder, visitor_count, dwell_ms, active_ms
    from mart.hover_heatmap_daily
    where event_date = $date and surface = 'feed' and device_type = 'desktop' and dwell_ms is not null
    """,
    {"date": date},
).pandas()
if cells.empty:
    raise hoverlake.UsageError(f"no cursor on a desktop's feed is published of {date}: open a larger warehouse.")
groups = cells[cells["space"] == "viewport"].groupby(["layout_id", "viewport_class"])["dwell_ms"].sum().sort_values()
layout, width = groups.index[-1]
print(f"{len(groups)} groups of layout and width; the largest is {layout} at {width} px")

# %% [markdown]
# ## One group, in the window
#
# Small cells with too few visitors were merged into larger ones of 64, 128 or 256 px. A larger cell is spread evenly over its
# square, or it would look hot for being large. White is nothing, or nothing published.


# %%
def grid(of: pd.DataFrame, column: str, size_px: int = 32) -> np.ndarray:
    """The amounts as an array of rows and columns of `size_px`; larger cells are spread over theirs."""
    placed = of[of["cell_x"].notna() & (of["cell_x"] >= 0) & (of["cell_y"] >= 0)]
    edge = (placed["cell_px"] // size_px).astype(int)
    shape = (int(((placed["cell_y"] + 1) * edge).max()), int(((placed["cell_x"] + 1) * edge).max()))
    found = np.full(shape, np.nan)
    for x, y, n, amount in zip(placed["cell_x"], placed["cell_y"], edge, placed[column], strict=True):
        square = np.s_[int(y * n) : int((y + 1) * n), int(x * n) : int((x + 1) * n)]
        found[square] = np.nan_to_num(found[square]) + float(amount) / n**2
    return found


one = cells[(cells["space"] == "viewport") & (cells["layout_id"] == layout) & (cells["viewport_class"] == width)]
shown = grid(one, "dwell_ms") / 1000
plt.figure(figsize=(8, 4))
plt.imshow(shown, cmap="magma_r", vmin=0, extent=(0, 32 * shown.shape[1], 32 * shown.shape[0], 0))
plt.colorbar(label="cursor time, s per 32 px cell")
plt.title(f"{layout}, {width} px, {date}: the cursor, not the gaze")
plt.show()

# %% [markdown]
# ## Trap 1: idle cursors
#
# `dwell_ms` counts a rest for up to 5 s, `active_ms` only the part within 1 s of a movement. The rest is idle: somebody may
# read there, or fetch coffee.

# %%
idle_share = 1 - one["active_ms"].sum() / one["dwell_ms"].sum()
small = one[(one["cell_px"] == 32) & ~one["is_remainder"]].copy()
small["idle_share"] = 1 - small["active_ms"] / small["dwell_ms"].replace(0, pd.NA)
small.sort_values("idle_share", ascending=False)[["cell_x", "cell_y", "visitor_count", "dwell_ms", "idle_share"]].head(
    10
)

# %% [markdown]
# How different is the order of the warm cells, if idle time is left out?

# %%
count = min(20, len(small))
by_dwell = set(small.sort_values(["dwell_ms", "cell_y", "cell_x"], ascending=False).head(count).index)
by_active = set(small.sort_values(["active_ms", "cell_y", "cell_x"], ascending=False).head(count).index)
kept = len(by_dwell & by_active)
print(f"{kept} of the {count} warmest cells stay among the warmest {count} by active time")

# %% [markdown]
# ## Trap 2: exposure below the fold
#
# Down the page there is less cursor time because there is less *time on screen*. `mart.viewport_exposure_daily` is the
# denominator. In bands of 256 px; a band counts only if all of its eight rows are published.

# %%
exposure = warehouse.sql(
    """
    select cell_y // 8 as band, avg(visible_ms) as visible_ms
    from mart.viewport_exposure_daily
    where event_date = $date and surface = 'feed' and device_type = 'desktop' and layout_id = $layout
      and viewport_class = $width and cell_y is not null
    group by band having count(*) = 8 order by band
    """,
    {"date": date, "layout": layout, "width": width},
).pandas()
page = cells[(cells["space"] == "document") & (cells["layout_id"] == layout) & (cells["viewport_class"] == width)]
placed = page[page["cell_y"].notna()].assign(band=lambda rows: rows["cell_y"] * rows["cell_px"] // 256)
bands = exposure.merge(placed.groupby("band")["dwell_ms"].sum().reset_index(), on="band")
bands["ms_per_second"] = 1000 * bands["dwell_ms"] / bands["visible_ms"]
unplaced = page.loc[page["cell_y"].isna(), "dwell_ms"].sum() / page["dwell_ms"].sum() if len(page) else np.nan
bands

# %%
if len(bands):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
    axes[0].barh(256 * bands["band"], bands["dwell_ms"] / 1000, height=240)
    axes[1].barh(256 * bands["band"], bands["ms_per_second"], height=240)
    axes[0].invert_yaxis()
    axes[0].set(xlabel="cursor time, s", ylabel="px from the top of the page")
    axes[1].set(xlabel="ms of cursor time per second on screen")
    plt.show()

# %% [markdown]
# What could be published without its cell only is missing here, and most of it lies far down: deep bands still look colder
# than they are.
#
# ## Trap 3: layouts and widths pooled
#
# The same pixel holds another thing in another layout, or at another width of the window. Where is the middle of the cursor
# time in each group, and where would it be if all were thrown together?


# %%
def middle_px(of: pd.DataFrame) -> float:
    """Distance from the left at which half of the cursor time is reached, to the middle of a cell."""
    known = of[of["cell_x"].notna()]
    across = (known["cell_x"] + 0.5) * known["cell_px"]
    order = across.argsort()
    reached = known["dwell_ms"].iloc[order].cumsum() / known["dwell_ms"].sum()
    return float(across.iloc[order].iloc[int((reached < 0.5).sum())])


in_window = cells[(cells["space"] == "viewport") & cells["cell_x"].notna()]
middles = {name: middle_px(of) for name, of in in_window.groupby(["layout_id", "viewport_class"])}
pooled = middle_px(in_window)
pd.Series({" ".join(name): px for name, px in middles.items()} | {"(all pooled: wrong)": pooled}, name="middle, px")

# %% [markdown]
# ## Answer

# %%
spread = (
    f"The middle of the cursor time lies between {min(middles.values()):.0f} and {max(middles.values()):.0f} px from the left in "
    f"{len(middles)} groups (pooled: {pooled:.0f} px): never pool them"
    if len(middles) > 1
    else "Only one group is published: there is nothing to pool"
)
screen = (
    f"From the top band to the last one published cursor time falls to {bands['dwell_ms'].iloc[-1] / bands['dwell_ms'].iloc[0]:.0%}, "
    f"per second on screen only to {bands['ms_per_second'].iloc[-1] / bands['ms_per_second'].iloc[0]:.0%}, "
    f"while {unplaced:.0%} of the cursor time has no cell to be drawn in"
    if len(bands) > 1
    else "Too few rows of the page are published to compare depths"
)
answer = (
    f"{layout} at {width} px on {date}: {idle_share:.1%} of {one['dwell_ms'].sum() / 60000:,.0f} min of cursor time is idle, and {kept} of "
    f"the {count} warmest cells stay so without it. {screen}. {spread}."
)
print(textwrap.fill(answer, 100))
