"""Raw lines to beacons: parse once, judge every line, name one reason for each that is refused (DESIGN 2).

The order of reasons is that of `warehouse_schema.clean.rejected_beacons.REASONS`; `withheld` comes right after the
schema is known, so that of a person without consent nothing is kept, not even a line's hash. Rules are Spark SQL over
the parsed beacon: they read as the contract does, and one text costs the driver one call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame

from jobs.config import Settings
from jobs.steps import free_text
from jobs.steps.consent import may_be_stored
from warehouse_schema import shared
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.derive import sql_type
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Struct, Type

WITHHELD, ACCEPTED = "withheld", "accepted"
#: 1970-01-01 and 2100-01-01: clocks outside are no clocks.
CLOCK_RANGE_MS = (0, 4_102_444_800_000)
DAY_MS = 86_400_000
#: SQL over judged lines: the UTC date of the page view's start by the beacon's repaired clock.
START_DATE = "to_date(timestamp_millis(clock.start_ms))"

#: Single text fields: parsed as variants, because the parser would read a number or an object as text.
TEXTS = (
    *(["schema", "beacon_id", "page_view_id", "visitor_id", "session_id"]),
    *(f"page.{name}" for name in ("surface", "url", "layout_id")),
    *(f"device.{name}" for name in ("type", "pointer", "platform", "user_agent", "app_version")),
)
_TEXT_ARRAYS = ("consent.purposes", "pointer.target", "clicks.target", "items.item_id", "state.state")
_META_TEXTS = ("item_id", "item_type", "topic", "ad_id")
#: What a number, a boolean, a list or an object in an array of texts looks like after it was read as text.
_LITERAL = r"(-?[0-9][-+.0-9eE]*|true|false|[\[{].*)(\x01|$)"


def judge_lines(
    lines: DataFrame,
    settings: Settings,
    taken_late: Sequence[tuple[dt.date, dt.date]] = (),
    has_no_key: str = "FALSE",
) -> DataFrame:
    """Lines (value, raw_file, landing_date) with `outcome` (accepted, withheld or a reason), `beacon`, and whether its
    targets `may_name_people` (`free_text`).

    Beacons that start within a range of dates of `taken_late` (ends included) are not too late, unless the key of
    their date is destroyed: `has_no_key` is SQL over START_DATE.
    """
    described = lines.selectExpr(
        "raw_file",
        "landing_date",
        "CAST(octet_length(value) AS BIGINT) AS byte_length",
        "sha2(value, 256) AS line_sha256",
        f"IF(octet_length(value) <= {settings.max_beacon_bytes}, value, NULL) AS line",
    )
    kept = ["raw_file", "landing_date", "byte_length", "line_sha256"]
    parsed = described.selectExpr(*kept, "line", f"{_document('line')} AS document")
    beacons = parsed.selectExpr(*kept, "line", f"{_one_beacon('document')} AS beacon")
    # One step each: what several expressions read is worked out once.
    joined = beacons.selectExpr("*", f"{_last_t_ms()} AS last_t_ms", f"{_joined_texts()} AS texts")
    timed = joined.selectExpr("*", f"{_clock(settings)} AS clock", f"{_is_unusual(settings)} AS is_unusual")
    may_name_people = free_text.may_name_people("texts", "line", "is_unusual", settings)
    outcome = _outcome(settings, taken_late, has_no_key)
    return timed.selectExpr(*kept, "beacon", "clock", f"{outcome} AS outcome", f"{may_name_people} AS may_name_people")


def _document(line: str) -> str:
    """The line inside a frame: whatever follows the beacon's closing brace then breaks the frame.

    Without it the parser stops at the first complete value and two beacons on one line would count as one.
    """
    fields = ", ".join(f"{c.name} {_parsed_type(c.type, c.name)}" for c in raw.COLUMNS)
    schema = f"beacons array<struct<{fields}>>, frame_end int, broken string"
    framed = f"""concat('{{"beacons":[', {line}, '],"frame_end":0}}')"""
    options = "map('mode', 'PERMISSIVE', 'columnNameOfCorruptRecord', 'broken', 'allowSingleQuotes', 'false')"
    return f"IF(is_valid_utf8({line}), from_json({framed}, '{schema}', {options}), NULL)"


def _parsed_type(type_: Type, path: str) -> str:
    """The declared type, with variants in place of single texts."""
    if path in TEXTS:
        return "variant"
    if isinstance(type_, Struct):
        fields = [f"{c.name}:{_parsed_type(c.type, f'{path}.{c.name}')}" for c in type_.fields]
        return f"struct<{', '.join(fields)}>"
    return sql_type(type_)


def _one_beacon(document: str) -> str:
    whole = f"{document}.broken IS NULL AND {document}.frame_end = 0 AND size({document}.beacons) = 1"
    return f"IF({whole}, {document}.beacons[0], NULL)"


def text(path: str) -> str:
    """SQL: a single text field of the parsed beacon."""
    return f"try_variant_get(beacon.{path}, '$', 'string')"


def text_key(path: str) -> str:
    """SQL: a key column from raw text, '(none)' where it is missing or empty."""
    return f"coalesce(nullif({text(path)}, ''), '{shared.MISSING}')"


def _last_t_ms() -> str:
    """The beacon's last instant, 0 without records."""
    return f"greatest({', '.join(f'coalesce(array_max(beacon.{stream}.t_ms), 0)' for stream in raw.STREAMS)})"


def _clock(settings: Settings) -> str:
    """start_ms, queue_ms, is_clock_suspect: the device clock's error cancels (METRICS 1) [Snowplow]."""
    age = "(beacon.sent_at_ms - beacon.started_at_ms)"
    queue = f"({age} - last_t_ms)"
    is_suspect = f"({queue} < {-settings.clock_suspect_ms})"
    long_times = [f"array_max(beacon.{stream}.t_ms) > {settings.max_page_view_ms}" for stream in raw.STREAMS]
    return f"""CASE WHEN NOT ({_is_bad_clock()}) AND NOT ({_any_known(long_times)}) THEN named_struct(
        'start_ms', beacon.received_at_ms - IF({is_suspect}, last_t_ms, {age}),
        'queue_ms', {queue},
        'is_clock_suspect', {is_suspect}) END"""


def _outcome(settings: Settings, taken_late: Sequence[tuple[dt.date, dt.date]], has_no_key: str) -> str:
    is_late = f"datediff(landing_date, {START_DATE}) > {settings.late_window_days}"
    is_taken = [f"{START_DATE} BETWEEN DATE'{first}' AND DATE'{last}'" for first, last in taken_late]
    is_too_late = f"({is_late}) AND NOT ({' OR '.join(is_taken)})" if is_taken else is_late
    landing_end_ms = f"(CAST(unix_date(landing_date) AS BIGINT) + 1) * {DAY_MS}"
    negative = [f"array_min(beacon.{stream}.t_ms) < 0" for stream in raw.STREAMS]
    return f"""CASE
        WHEN byte_length > {settings.max_beacon_bytes} THEN 'oversized'
        WHEN beacon IS NULL OR NOT ({_texts_are_texts()}) OR beacon.seq < 0 THEN 'malformed_json'
        WHEN NOT ({text("schema")} <=> '{raw.SCHEMA_ID}') THEN 'unknown_schema'
        WHEN NOT ({may_be_stored(BEACONS.name)}) THEN '{WITHHELD}'
        WHEN {_lacks_a_field()} THEN 'missing_field'
        WHEN clock IS NULL THEN 'bad_timestamp'
        WHEN {_any_known([*negative, "beacon.observed_until_ms < 0"])} THEN 'negative_time'
        WHEN {" OR ".join(_is_ragged(stream) for stream in raw.STREAMS)} THEN 'ragged_arrays'
        WHEN ({is_too_late}) OR ({has_no_key}) THEN 'too_late'
        WHEN clock.start_ms > {landing_end_ms} + {settings.future_tolerance_ms} THEN 'from_future'
        ELSE '{ACCEPTED}' END"""


def _any_known(conditions: Iterable[str]) -> str:
    """True if any condition is; what is unknown is not."""
    return " OR ".join(f"coalesce({condition}, FALSE)" for condition in conditions)


def _lacks_a_field() -> str:
    empty = [f"coalesce({text(name)}, '') = ''" for name in raw.REQUIRED if name in TEXTS]
    others = [f"beacon.{name} IS NULL" for name in raw.REQUIRED if name not in TEXTS]
    # array_contains is NULL where the value is not found but a null is.
    times = [f"beacon.{stream}.t_ms" for stream in raw.STREAMS]
    timeless = [f"({time} IS NOT NULL AND array_contains({time}, -1L) IS NULL)" for time in times]
    return " OR ".join([*empty, *others, *timeless])


def _is_bad_clock() -> str:
    first, end = CLOCK_RANGE_MS
    clocks = [f"beacon.{name}" for name in ("started_at_ms", "sent_at_ms", "received_at_ms")]
    return " OR ".join(f"NOT coalesce({clock} >= {first} AND {clock} < {end}, FALSE)" for clock in clocks)


def _is_ragged(stream: str) -> str:
    """Required arrays of one length, an absent one counting as empty; others of that length or left out."""
    length = f"coalesce(array_size(beacon.{stream}.t_ms), 0)"
    required = raw.STREAM_REQUIRED[stream]
    wrong = [f"coalesce(array_size(beacon.{stream}.{name}), 0) <> {length}" for name in required if name != "t_ms"]
    optional = [name for name in stream_fields(stream) if name not in required]
    wrong += [f"coalesce(array_size(beacon.{stream}.{name}) <> {length}, FALSE)" for name in optional]
    return " OR ".join(wrong)


def stream_fields(stream: str) -> list[str]:
    """Names of the stream's arrays."""
    (declared,) = (c.type for c in raw.COLUMNS if c.name == stream)
    assert isinstance(declared, Struct)
    return [field.name for field in declared.fields]


def _joined_texts() -> str:
    """All texts in arrays, each once of its array: records name few items many times, and what follows reads them all."""
    elements = [f"array_distinct(beacon.{path})" for path in _TEXT_ARRAYS]
    elements += [f"beacon.item_meta.{name}" for name in _META_TEXTS]
    return f"concat_ws(chr(1), {', '.join(elements)})"


def _is_unusual(settings: Settings) -> str:
    """Whether any element needs a closer look, of whichever kind: one pass over the texts."""
    return rf"texts RLIKE r'(^|\x01)({_LITERAL}|{free_text.unusual_targets(settings)})'"


def _texts_are_texts() -> str:
    """False if a number, boolean, list or object stands where the contract wants text.

    In arrays the parser reads those as text without a word. Only a line in which an element looks like such a
    literal is parsed again, with its types; the array around the variant binds it, so that this happens once.
    """
    single = [f"coalesce(schema_of_variant(beacon.{path}) IN ('STRING', 'VOID'), TRUE)" for path in TEXTS]
    is_suspicious = rf"is_unusual AND texts RLIKE r'(^|\x01)({_LITERAL})'"
    parsed_again = f"exists(array(try_parse_json(line)), parsed -> {_arrays_hold_texts('parsed')})"
    return " AND ".join([*single, f"IF({is_suspicious}, {parsed_again}, TRUE)"])


def _arrays_hold_texts(variant: str) -> str:
    def kind(path: str) -> str:
        return f"schema_of_variant(try_variant_get({variant}, '$.{path}', 'variant'))"

    arrays = [f"coalesce({kind(path)} IN ('ARRAY<STRING>', 'ARRAY<VOID>', 'VOID'), TRUE)" for path in _TEXT_ARRAYS]
    metas = f"coalesce({kind('item_meta')}, 'VOID')"
    foreign = [f"{metas} RLIKE '[<,] ?{name}: (?!STRING|VOID)'" for name in _META_TEXTS]
    typed = " AND ".join([*arrays, *(f"NOT {match}" for match in foreign), f"NOT contains({metas}, 'VARIANT')"])
    # Double keys and a bare NaN are no JSON to this parser; such lines keep the lenient reading.
    return f"{variant} IS NULL OR ({typed})"
