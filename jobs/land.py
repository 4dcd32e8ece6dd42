"""Landing: new raw files become rows of clean.beacons and clean.rejected_beacons.

The lines are parsed once for the beacons, and observed in the same pass; only files that hold a rejected line are
read again for the rejects.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from jobs import beacons, rejected_beacons
from jobs.config import Settings
from jobs.io.delta import DeltaTables, dates_predicate
from jobs.io.raw_files import Inspection
from jobs.io.store import local_path
from jobs.steps.parse import WITHHELD, judge_lines
from jobs.steps.reconcile import Equation, landing_equations
from warehouse_schema.clean.rejected_beacons import REASONS
from warehouse_schema.table import Table


@dataclass(frozen=True)
class Landed:
    """What one landing did: start dates of accepted beacons, and the landing equations."""

    start_dates: list[dt.date]
    equations: list[Equation]


def land(
    tables: DeltaTables,
    raw: str,
    files: Sequence[Inspection],
    settings: Settings,
    pseudonym: Callable[[Column], Column],
    replaced_date: dt.date | None,
) -> Landed:
    """Append the lines of `files`; or, for `replaced_date`, replace that landing date by them."""
    paths = [inspection.file.path for inspection in files]
    judged = judge_lines(read_lines(tables.spark, raw, paths), settings)
    observation = Observation("landing")
    accepted = beacons.transform(judged.observe(observation, *_facts(files)), settings, pseudonym=pseudonym)
    _write(tables, accepted, beacons.WRITES, replaced_date)
    facts = observation.get
    rejects = sorted(facts["files_with_rejects"])
    if rejects or replaced_date:
        again = judge_lines(read_lines(tables.spark, raw, rejects), settings) if rejects else judged.limit(0)
        _write(tables, rejected_beacons.transform(again), rejected_beacons.WRITES, replaced_date)
    written = tables.read(beacons.WRITES).where(F.col("raw_file").isin(paths))
    per_start = written.groupBy("landing_date", "start_date").count().collect()
    accepted_counts: dict[dt.date, int] = defaultdict(int)
    for row in per_start:
        accepted_counts[row["landing_date"]] += row["count"]
    equations = landing_equations(
        _line_counts(files), accepted_counts, _rejected_counts(tables, rejects), _withheld(facts, files)
    )
    return Landed(sorted({row["start_date"] for row in per_start}), equations)


def read_lines(spark: SparkSession, raw: str, paths: Sequence[str]) -> DataFrame:
    """Lines of raw files (value, raw_file, landing_date); split at \\n only, bytes untouched."""
    local = local_path(raw)
    root = f"file://{local}" if local else raw.rstrip("/")
    reader = spark.read.option("lineSep", "\n").option("__globPaths__", "false")
    lines = reader.text([f"{root}/{path}" for path in paths])
    # File paths come as URIs; a plus sign in them is itself, not a blank.
    path = F.url_decode(F.regexp_replace(F.col("_metadata.file_path"), r"\+", "%2B"))
    raw_file = F.regexp_extract(path, r"/(landing_date=[^/]+/.*)$", 1)
    landing_date = F.regexp_extract("raw_file", r"^landing_date=([^/]+)/", 1).cast("date")
    return lines.select("value", raw_file.alias("raw_file")).withColumn("landing_date", landing_date)


def _facts(files: Sequence[Inspection]) -> list[Column]:
    """What is observed while the beacons are written: withheld lines by landing date, files that hold rejects."""
    is_reject = F.col("outcome").isin(list(REASONS))
    withheld = [
        F.count_if((F.col("outcome") == WITHHELD) & (F.col("landing_date") == F.lit(date))).alias(f"withheld {date}")
        for date in sorted(_line_counts(files))
    ]
    return [F.collect_set(F.when(is_reject, F.col("raw_file"))).alias("files_with_rejects"), *withheld]


def _withheld(facts: dict[str, int], files: Sequence[Inspection]) -> dict[dt.date, int]:
    return {date: facts[f"withheld {date}"] for date in _line_counts(files)}


def _line_counts(files: Sequence[Inspection]) -> dict[dt.date, int]:
    counts: dict[dt.date, int] = defaultdict(int)
    for inspection in files:
        counts[inspection.file.landing_date] += inspection.line_count
    return dict(counts)


def _rejected_counts(tables: DeltaTables, paths: list[str]) -> dict[dt.date, dict[str, int]]:
    counts: dict[dt.date, dict[str, int]] = defaultdict(dict)
    rejected = tables.read(rejected_beacons.WRITES).where(F.col("raw_file").isin(paths))
    for row in rejected.groupBy("landing_date", "reason").count().collect():
        counts[row["landing_date"]][row["reason"]] = row["count"]
    return counts


def _write(tables: DeltaTables, rows: DataFrame, table: Table, replaced_date: dt.date | None) -> None:
    if replaced_date is None:
        tables.append(table, rows)
    else:
        tables.replace(table, rows, dates_predicate("landing_date", [replaced_date]))
