"""clean.beacons: accepted beacons, streams kept as arrays."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.purposes import WITHHELD
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Array, Column, Map, Table

START_DATE = Column("start_date", "date", "UTC date of the page view's start by this beacon's own repaired clock.")

BEACONS = Table(
    name="clean.beacons",
    one_row_per="accepted beacon, duplicates included",
    meaning="Raw beacons that satisfy the contract and carry the purpose product_development, visitor id replaced by a pseudonym.",
    grain=(),
    columns=(
        START_DATE,
        s.LANDING_DATE,
        s.VISITOR_KEY,
        s.KEY_ID,
        s.PAGE_VIEW_ID,
        Column("seq", "int", "Number of the beacon within the page view, from 0.", low=0),
        Column("beacon_id", "string", "Unique; a retry keeps it.", personal=True),
        Column("received_at_ms", "long", "Collector clock.", "epoch ms"),
        Column(
            "line_sha256",
            "string",
            "SHA-256 of the raw line, hex: settles which of two rivals survives.",
            personal=True,
        ),
        Column("raw_file", "string", "File below the raw root."),
        Column("is_last", "boolean", "True on the closing beacon."),
        Column("start_ms", "long", "Repaired start of the page view by this beacon.", "epoch ms"),
        Column("is_clock_suspect", "boolean", "True if the device clock ran backwards between start and sending."),
        Column("queue_ms", "long", "Time between the beacon's last event and its sending.", "ms"),
        Column("observed_until_ms", "long", "How long the page had been watched at this flush.", "ms", nullable=True),
        s.SESSION_ID,
        s.SURFACE,
        s.URL,
        s.LAYOUT_ID,
        s.DOCUMENT_W,
        s.DOCUMENT_H,
        s.DEVICE_TYPE,
        s.POINTER_TYPE,
        s.PLATFORM,
        s.VIEWPORT_W,
        s.VIEWPORT_H,
        s.USER_AGENT,
        s.APP_VERSION,
        s.PURPOSES,
        Column("experiments", Map(), "Experiment to arm.", nullable=True),
        Column("pointer", raw.POINTER, "Pointer samples; NULL if not measured.", nullable=True, personal=True),
        Column("clicks", raw.CLICKS, "Clicks; NULL if not measured.", nullable=True, personal=True),
        Column("scroll", raw.SCROLL, "Scroll offsets; NULL if not measured.", nullable=True, personal=True),
        Column("items", raw.ITEMS, "Shares of items in view; NULL if not measured.", nullable=True, personal=True),
        Column("item_meta", Array(raw.ITEM_META), "What the items are.", nullable=True, personal=True),
        Column("state", raw.STATE, "Tab, window and app state; NULL if not measured.", nullable=True, personal=True),
    ),
    partition_by=("start_date", "landing_date"),
    retention_days=30,
    caveats=(
        "Duplicates and conflicting retries are still in it: clean.page_views removes them.",
        "Where keys change (key_id), a visitor has another visitor_key from the first date of the new one on.",
        "Equal lines of one file are one row each: the table has no unique key.",
        f"Of advertisements, ad_id is {WITHHELD} and topic NULL where the beacon's purposes lack ads.",
        "Targets and item ids longer than max_target_chars, or like an e-mail address or a number to dial, are `hashed:` and "
        "32 hex digits; equal ones stay equal. See [privacy](../privacy.md#free-text).",
    ),
)
