"""Landing: new raw files become rows of clean.beacons and clean.rejected_beacons.

The lines are parsed once for the beacons, and observed in the same pass, rejects included. Only where these are more
than the driver should hold are the files that hold them read again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from jobs import beacons, rejected_beacons
from jobs.config import Settings
from jobs.io.delta import DeltaTables
from jobs.io.keys import KeyRing
from jobs.io.raw_files import Inspection
from jobs.io.s3 import spark_uri
from jobs.io.store import local_path
from jobs.io.sums import ROW_COUNT, group_sums
from jobs.steps.marts import literal, on_dates
from jobs.steps.parse import ACCEPTED, START_DATE, WITHHELD, judge_lines
from jobs.steps.pseudonym import key_id_at, pseudonym_udf
from jobs.steps.reconcile import ERASED, Equation, landing_equations
from warehouse_schema.clean.rejected_beacons import REASONS
from warehouse_schema.derive import spark_schema
from warehouse_schema.table import Table

#: Rejects of one landing that come to the driver beside the beacons, some 300 bytes each.
OBSERVED_REJECTS = 20_000

if TYPE_CHECKING:
    from jobs.nightly import Input


@dataclass(frozen=True)
class Landed:
    """What one landing did: start dates of accepted beacons, those with beacons that are not late, and the landing
    equations."""

    start_dates: set[dt.date]
    timely_dates: set[dt.date]
    equations: list[Equation]


@dataclass(frozen=True)
class LandingRules:
    """How lines are judged: thresholds, the keys of pseudonyms, event dates whose late beacons are taken, tombstones
    of visitors whose beacons are refused."""

    settings: Settings
    ring: KeyRing
    taken_late: Sequence[tuple[dt.date, dt.date]] = ()
    tombstones: Collection[str] = frozenset()

    def judge(self, lines: DataFrame) -> DataFrame:
        """The lines with their outcome."""
        destroyed = ", ".join(literal(key.id) for key in self.ring.keys if key.is_destroyed)
        has_no_key = f"{self.key_id} IN ({destroyed})" if destroyed else "FALSE"
        return judge_lines(lines, self.settings, self.taken_late, has_no_key)

    @property
    def key_id(self) -> str:
        """SQL over judged lines: the id of the key of their start date."""
        return key_id_at(self.ring.first_dates, START_DATE)

    def with_visitor_keys(self, judged: DataFrame) -> DataFrame:
        """Judged lines with key and pseudonym."""
        return beacons.with_visitor_keys(judged, self.key_id, pseudonym_udf(self.ring.secrets, self.tombstones))


def land(
    tables: DeltaTables, raw: str, files: Sequence[Inspection], rules: LandingRules, replaced: str | None
) -> Landed:
    """Append the lines of `files`; or put them in the place of all rows that the predicate `replaced` covers."""
    paths = [inspection.file.path for inspection in files]
    judged = rules.judge(read_lines(tables.spark, raw, paths))
    observation = Observation("landing")
    observed = judged.observe(observation, *_facts(files))
    keyed, refusal = rules.with_visitor_keys(observed), Observation("refusal")
    if rules.tombstones:
        keyed = keyed.observe(refusal, *_refused(files))
    _write(tables, beacons.transform(keyed, rules.settings), beacons.WRITES, replaced)
    facts = {**observation.get, **(refusal.get if rules.tombstones else {})}
    if facts["reject_count"] or replaced:
        _write(tables, _rejects(tables.spark, raw, rules, facts), rejected_beacons.WRITES, replaced)
    counts = _written(tables, files)
    started = [(row["start_date"], row["landing_date"]) for row in counts if "start_date" in row]
    timely = {start for start, landing in started if landing <= start}
    return Landed({start for start, _ in started}, timely, _equations(files, counts, facts))


def portions(given: Input, landing_dates: Collection[dt.date]) -> Iterator[tuple[list[Inspection], str | None]]:
    """Files to land together, with the predicate on the rows that they replace, of whole `landing_dates` or of rewritten
    files; None for files that are added."""
    chosen, readable = given.selection, {i.file.path: i for i in given.inspections if not i.problem}
    added = [readable[file.path] for file in chosen.new if file.path in readable]
    if added:
        yield added, None
    if chosen.relanded:
        yield [readable[file.path] for file in chosen.relanded], on_dates("landing_date", landing_dates)
    if chosen.rewritten:
        dates = on_dates("landing_date", {file.landing_date for file in chosen.rewritten})
        names = ", ".join(literal(file.path) for file in chosen.rewritten)
        yield [readable[file.path] for file in chosen.rewritten], f"{dates} AND raw_file IN ({names})"


def read_lines(spark: SparkSession, raw: str, paths: Sequence[str]) -> DataFrame:
    """Lines of raw files (value, raw_file, landing_date); split at \\n only, bytes untouched."""
    local = local_path(raw)
    root = f"file://{local}" if local else spark_uri(raw).rstrip("/")
    reader = spark.read.option("lineSep", "\n").option("__globPaths__", "false")
    lines = reader.text([f"{root}/{path}" for path in paths])
    # File paths come as URIs; a plus sign in them is itself, not a blank.
    path = "url_decode(replace(_metadata.file_path, '+', '%2B'))"
    named = lines.selectExpr("value", f"regexp_extract({path}, r'/(landing_date=[^/]+/.*)$', 1) AS raw_file")
    return named.selectExpr("*", "CAST(regexp_extract(raw_file, r'^landing_date=([^/]+)/', 1) AS DATE) AS landing_date")


def _rejects(spark: SparkSession, raw: str, rules: LandingRules, facts: dict[str, Any]) -> DataFrame:
    """Rows of clean.rejected_beacons: as observed, or from the files that hold them where not all were."""
    if facts["reject_count"] > OBSERVED_REJECTS:
        again = rules.judge(read_lines(spark, raw, sorted(facts["files_with_rejects"])))
        return rejected_beacons.transform(again)
    rows = [row.asDict() for row in facts["rejects"] or []]
    return spark.createDataFrame(rows, spark_schema(rejected_beacons.WRITES.columns)).coalesce(1)


def _facts(files: Sequence[Inspection]) -> list[Column]:
    """What is observed while the beacons are written: withheld lines by landing date, the rejects and their files."""
    is_rejected = f"outcome IN ({', '.join(map(literal, REASONS))})"
    reject = ", ".join(
        f"'{name}', {'outcome' if name == 'reason' else name}" for name in rejected_beacons.WRITES.column_names
    )
    rejects = [
        f"count_if({is_rejected}) AS reject_count",
        f"collect_set(IF({is_rejected}, raw_file, NULL)) AS files_with_rejects",
        # The first by hash: a list without bound could be the whole input.
        f"min_by(named_struct({reject}), IF({is_rejected}, line_sha256, NULL), {OBSERVED_REJECTS}) AS rejects",
    ]
    withheld = [
        f"count_if(outcome = '{WITHHELD}' AND landing_date = DATE'{date}') AS `{WITHHELD} {date}`"
        for date in sorted(_line_counts(files))
    ]
    return [F.expr(fact) for fact in (*rejects, *withheld)]


def _refused(files: Sequence[Inspection]) -> list[Column]:
    """Accepted lines without a pseudonym, by landing date: those of visitors who are erased."""
    is_refused = f"outcome = '{ACCEPTED}' AND visitor_key IS NULL"
    return [
        F.expr(f"count_if({is_refused} AND landing_date = DATE'{date}') AS `{ERASED} {date}`")
        for date in sorted(_line_counts(files))
    ]


def _line_counts(files: Sequence[Inspection]) -> dict[dt.date, int]:
    counts: dict[dt.date, int] = defaultdict(int)
    for inspection in files:
        counts[inspection.file.landing_date] += inspection.line_count
    return dict(counts)


def _written(tables: DeltaTables, files: Sequence[Inspection]) -> list[dict[str, Any]]:
    """How many rows of the files the tables hold now, by landing date: of beacons with their start date, of rejects
    with their reason. Read back, not observed while they were written: what a commit lost shows."""
    is_on_date = pc.field("landing_date").isin(sorted(_line_counts(files)))
    is_landed = is_on_date & pc.field("raw_file").isin([inspection.file.path for inspection in files])
    return [
        row
        for table, name in ((beacons.WRITES, "start_date"), (rejected_beacons.WRITES, "reason"))
        for row in group_sums(tables.warehouse, table, ["landing_date", name], is_landed)
    ]


def _equations(files: Sequence[Inspection], counts: Sequence[dict[str, Any]], facts: dict[str, Any]) -> list[Equation]:
    accepted: dict[dt.date, int] = defaultdict(int)
    rejected: dict[dt.date, dict[str, int]] = defaultdict(dict)
    for row in counts:
        if "reason" in row:
            rejected[row["landing_date"]][row["reason"]] = row[ROW_COUNT]
        else:
            accepted[row["landing_date"]] += row[ROW_COUNT]
    lines = _line_counts(files)
    unkept = {date: {term: facts.get(f"{term} {date}", 0) for term in (WITHHELD, ERASED)} for date in lines}
    return landing_equations(lines, accepted, rejected, unkept)


def _write(tables: DeltaTables, rows: DataFrame, table: Table, replaced: str | None) -> None:
    if replaced is None:
        tables.append(table, rows)
    else:
        tables.replace(table, rows, replaced)
