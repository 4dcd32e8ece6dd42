"""ops: what happened, and can it be believed. Counts of lines, beacons and page views only, never amounts."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.table import Column, Table

RUN_ID = Column("run_id", "string", "The run that wrote the row.", example="000001-20261122T030000Z")

RUNS = Table(
    name="ops.runs",
    one_row_per="run that held the warehouse and did not end for want of input",
    meaning="What each run did and how it ended; runs that failed or were killed are told by the next one.",
    grain=("run_id",),
    columns=(
        RUN_ID,
        s.LANDING_DATE,
        Column("started_at", "timestamp", "Start of the run."),
        Column("ended_at", "timestamp", "End of the run; NULL if it was killed.", nullable=True),
        Column(
            "exit_code",
            "int",
            "0 published, 11 blocked by data quality, 14 failed; NULL if it was killed.",
            nullable=True,
            low=0,
        ),
        Column("message", "string", "The run's last line."),
        Column("files_count", "long", "Raw files landed.", "files", low=0),
        Column("set_aside_count", "long", "Raw files set aside as unreadable.", "files", low=0),
        Column(
            "event_dates",
            "string",
            "Event dates rebuilt, or published after their window closed, comma separated.",
            example="2026-11-20",
        ),
        Column("code_version", "string", "Version of the code.", example="0.1.0"),
        Column("configuration_sha256", "string", "Hash of all thresholds in force."),
    ),
    retention_days=760,
)

INPUT_FILES = Table(
    name="ops.input_files",
    one_row_per="raw file and run that looked at it",
    meaning="Raw files taken or set aside by each run.",
    grain=("run_id", "raw_file"),
    columns=(
        RUN_ID,
        s.LANDING_DATE,
        Column("raw_file", "string", "File below the raw root."),
        Column("outcome", "string", "landed or set_aside.", allowed=("landed", "set_aside"), example="landed"),
        Column("size_bytes", "long", "Size as stored.", "bytes", low=0),
        Column("sha256", "string", "SHA-256 of the bytes as stored, hex."),
        Column(
            "line_count",
            "long",
            "Lines counted while checking the file; NULL if it is unreadable.",
            "lines",
            nullable=True,
            low=0,
        ),
        Column("problem", "string", "Why the file was set aside.", nullable=True),
    ),
    retention_days=760,
)

RECONCILIATION = Table(
    name="ops.reconciliation",
    one_row_per="run, table, date and reason",
    meaning="The equations that a night must satisfy, term by term: nothing is lost silently.",
    grain=("run_id", "table_name", "date", "quantity", "reason"),
    columns=(
        RUN_ID,
        Column("table_name", "string", "The table whose equation this is.", example="clean.beacons"),
        Column("date", "date", "Landing date for clean.beacons, else event date."),
        Column("quantity", "string", "What is counted.", allowed=("lines", "beacons", "page_views"), example="lines"),
        Column(
            "reason",
            "string",
            "input on the left side; each other row is a term of the right side.",
            example="accepted",
        ),
        Column("row_count", "long", "How many of the quantity.", "lines, beacons or page views", low=0),
        Column("adds_up", "boolean", "True if the equation of this table and date holds, for every measure."),
    ),
    retention_days=760,
    caveats=("Amounts of small groups are in restricted.reconciliation.",),
)

RECONCILIATION_AMOUNTS = Table(
    name="restricted.reconciliation",
    one_row_per="run, mart, event date, measure and part",
    meaning="Per mart and additive measure: clean = published + remainder + unpublished + bots + without_ads_purpose.",
    grain=("run_id", "table_name", "date", "measure", "part"),
    columns=(
        RUN_ID,
        Column("table_name", "string", "The mart.", example="mart.hover_heatmap_daily"),
        Column("date", "date", "Event date."),
        Column("measure", "string", "Additive measure.", example="dwell_ms"),
        Column(
            "part",
            "string",
            "clean on the left side; each other part is a term of the right side.",
            allowed=("clean", "published", "remainder", "unpublished", "bots", "without_ads_purpose"),
        ),
        Column("amount", "long", "Sum of the measure."),
    ),
    retention_days=30,
)

DQ_RESULTS = Table(
    name="ops.dq_results",
    one_row_per="run, table, event date and expectation",
    meaning="What the audit expected of each date and what it saw; of a run that published nothing, too.",
    grain=("run_id", "table_name", "event_date", "expectation", "column_name"),
    columns=(
        RUN_ID,
        Column("table_name", "string", "The table audited.", example="mart.hover_heatmap_daily"),
        Column(
            "event_date",
            "date",
            "Date that the audited rows stand for; for clean.beacons of their start, for clean.rejected_beacons of landing.",
        ),
        Column(
            "expectation",
            "string",
            "Name of the expectation: of Great Expectations for what the declaration says, else of the rule.",
        ),
        Column("column_name", "string", "Column, columns or list; * for the whole row or table."),
        Column(
            "severity",
            "string",
            "critical keeps the date from being published, warning is noted.",
            allowed=("critical", "warning"),
        ),
        Column(
            "success",
            "boolean",
            "True if the expectation held; NULL if it could not be judged for want of history.",
            nullable=True,
        ),
        Column("observed", "string", "What was seen, without any value of a personal column.", nullable=True),
        Column("threshold", "string", "What was expected.", nullable=True),
        Column("unexpected_count", "long", "Rows that broke it.", "rows", nullable=True, low=0),
        Column(
            "unexpected_share", "double", "The same over all rows of the date.", "0..1", nullable=True, low=0, high=1
        ),
        Column("meaning", "string", "What has gone wrong if this fails."),
        Column("owner", "string", "Who looks into a failure: pipeline, tracker or privacy."),
    ),
    retention_days=760,
    caveats=("Rows written before results were told by date have NULL in the columns that are new.",),
)
