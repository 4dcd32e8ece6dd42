"""All tables of the warehouse, in the order in which a night writes them."""

from __future__ import annotations

from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.clean.rejected_beacons import REJECTED_BEACONS
from warehouse_schema.mart.ad_attention_daily import AD_ATTENTION_DAILY
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY
from warehouse_schema.mart.reach_daily import REACH_DAILY
from warehouse_schema.mart.session_attention_daily import SESSION_ATTENTION_DAILY
from warehouse_schema.mart.story_attention_daily import STORY_ATTENTION_DAILY
from warehouse_schema.mart.viewport_exposure_daily import VIEWPORT_EXPOSURE_DAILY
from warehouse_schema.mart.zone_attention_daily import ZONE_ATTENTION_DAILY
from warehouse_schema.ops.profile import DQ_PROFILE
from warehouse_schema.ops.tables import DQ_RESULTS, INPUT_FILES, RECONCILIATION, RECONCILIATION_AMOUNTS, RUNS
from warehouse_schema.table import Table

CLEAN: tuple[Table, ...] = (BEACONS, REJECTED_BEACONS, PAGE_VIEWS)
MARTS: tuple[Table, ...] = (
    HOVER_HEATMAP_DAILY,
    VIEWPORT_EXPOSURE_DAILY,
    ZONE_ATTENTION_DAILY,
    STORY_ATTENTION_DAILY,
    FEED_ATTENTION_DAILY,
    AD_ATTENTION_DAILY,
    FEED_VISIBILITY_MINUTES,
    SESSION_ATTENTION_DAILY,
    REACH_DAILY,
)
OPS: tuple[Table, ...] = (RUNS, INPUT_FILES, RECONCILIATION, DQ_RESULTS, DQ_PROFILE)
RESTRICTED: tuple[Table, ...] = (RECONCILIATION_AMOUNTS,)

#: Pinned by a release; ops and restricted reconciliation are read at their latest version.
PINNED: tuple[Table, ...] = CLEAN + MARTS
TABLES: dict[str, Table] = {table.name: table for table in CLEAN + MARTS + OPS + RESTRICTED}
