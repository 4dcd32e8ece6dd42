"""Raw lines to beacons: parse once, judge every line, name one reason for each that is refused (DESIGN 2).

The order of reasons is that of `warehouse_schema.clean.rejected_beacons.REASONS`; `withheld` comes right after the
schema is known, so that of a person without consent nothing is kept, not even a line's hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.config import Settings
from warehouse_schema import shared
from warehouse_schema.derive import sql_type
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Struct, Type

PRODUCT_DEVELOPMENT = "product_development"
WITHHELD, ACCEPTED = "withheld", "accepted"
#: 1970-01-01 and 2100-01-01: clocks outside are no clocks.
CLOCK_RANGE_MS = (0, 4_102_444_800_000)
DAY_MS = 86_400_000

#: Single text fields: parsed as variants, because the parser would read a number or an object as text.
TEXTS = (
    *(["schema", "beacon_id", "page_view_id", "visitor_id", "session_id"]),
    *(f"page.{name}" for name in ("surface", "url", "layout_id")),
    *(f"device.{name}" for name in ("type", "pointer", "platform", "user_agent", "app_version")),
)
_TEXT_ARRAYS = ("consent.purposes", "pointer.target", "clicks.target", "items.item_id", "state.state")
_META_TEXTS = ("item_id", "item_type", "topic", "ad_id")
#: What a number, a boolean, a list or an object in an array of texts looks like after it was read as text.
_LITERAL = "(^|\u0001)(-?[0-9][-+.0-9eE]*|true|false|[\\[{].*)(\u0001|$)"


def judge_lines(lines: DataFrame, settings: Settings) -> DataFrame:
    """Lines (value, raw_file, landing_date) with `outcome` (accepted, withheld or a reason) and `beacon`."""
    parsed = lines.select(
        "raw_file",
        "landing_date",
        F.octet_length("value").cast("long").alias("byte_length"),
        F.sha2("value", 256).alias("line_sha256"),
        F.when(F.octet_length("value") <= settings.max_beacon_bytes, F.col("value")).alias("line"),
    ).withColumn("document", _parse("line"))
    beacon = parsed.select(
        "raw_file",
        "landing_date",
        "byte_length",
        "line_sha256",
        "line",
        _one_beacon(F.col("document")).alias("beacon"),
    )
    timed = beacon.withColumn("last_t_ms", _last_t_ms()).withColumn("clock", _repaired_clock(settings))
    return timed.withColumn("outcome", _outcome(settings)).drop("line", "last_t_ms")


def _parse(line: str) -> Column:
    """The line inside a frame: whatever follows the beacon's closing brace then breaks the frame.

    Without it the parser stops at the first complete value and two beacons on one line would count as one.
    """
    fields = ", ".join(f"{c.name} {_parsed_type(c.type, c.name)}" for c in raw.COLUMNS)
    schema = f"beacons array<struct<{fields}>>, frame_end int, broken string"
    framed = F.concat(F.lit('{"beacons":['), F.col(line), F.lit('],"frame_end":0}'))
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "broken", "allowSingleQuotes": "false"}
    return F.when(F.is_valid_utf8(F.col(line)), F.from_json(framed, schema, options))


def _parsed_type(type_: Type, path: str) -> str:
    """The declared type, with variants in place of single texts."""
    if path in TEXTS:
        return "variant"
    if isinstance(type_, Struct):
        fields = [f"{c.name}:{_parsed_type(c.type, f'{path}.{c.name}')}" for c in type_.fields]
        return f"struct<{', '.join(fields)}>"
    return sql_type(type_)


def _one_beacon(document: Column) -> Column:
    whole = document["broken"].isNull() & (document["frame_end"] == 0) & (F.size(document["beacons"]) == 1)
    return F.when(whole, document["beacons"][0])


def _b(path: str) -> Column:
    return F.col(f"beacon.{path}")


def text(path: str) -> Column:
    """A single text field of the parsed beacon."""
    return F.try_variant_get(_b(path), "$", "string")


def _last_t_ms() -> Column:
    """The beacon's last instant, 0 without records."""
    tops = [F.coalesce(F.array_max(_b(f"{stream}.t_ms")), F.lit(0)) for stream in raw.STREAMS]
    return F.greatest(*tops)


def _repaired_clock(settings: Settings) -> Column:
    """start_ms, queue_ms, is_clock_suspect: the device clock's error cancels (METRICS 1) [Snowplow]."""
    age = _b("sent_at_ms") - _b("started_at_ms")
    queue = age - F.col("last_t_ms")
    is_suspect = queue < -settings.clock_suspect_ms
    start = _b("received_at_ms") - F.when(is_suspect, F.col("last_t_ms")).otherwise(age)
    sane = ~_is_bad_clock() & ~_any(_has_long_time(stream, settings) for stream in raw.STREAMS)
    return F.when(
        sane, F.struct(start.alias("start_ms"), queue.alias("queue_ms"), is_suspect.alias("is_clock_suspect"))
    )


def _outcome(settings: Settings) -> Column:
    beacon = F.col("beacon")
    start_date = F.to_date(F.timestamp_millis(F.col("clock.start_ms")))
    landing_end_ms = (F.datediff("landing_date", F.lit("1970-01-01").cast("date")).cast("long") + 1) * DAY_MS
    reasons = [
        ("oversized", F.col("byte_length") > settings.max_beacon_bytes),
        ("malformed_json", beacon.isNull() | ~_texts_are_texts() | (_b("seq") < 0)),
        ("unknown_schema", ~text("schema").eqNullSafe(raw.SCHEMA_ID)),
        (WITHHELD, ~F.coalesce(F.array_contains(_b("consent.purposes"), PRODUCT_DEVELOPMENT), F.lit(False))),
        ("missing_field", _lacks_a_field()),
        ("bad_timestamp", F.col("clock").isNull()),
        ("negative_time", _has_negative_time()),
        ("ragged_arrays", _any(_is_ragged(stream) for stream in raw.STREAMS)),
        ("too_late", F.datediff("landing_date", start_date) > settings.late_window_days),
        ("from_future", F.col("clock.start_ms") > landing_end_ms + settings.future_tolerance_ms),
    ]
    outcome = F.lit(ACCEPTED)
    for name, condition in reversed(reasons):
        outcome = F.when(condition, F.lit(name)).otherwise(outcome)
    return outcome


def _any(conditions: Iterable[Column]) -> Column:
    return reduce(lambda a, b: a | b, conditions)


def _lacks_a_field() -> Column:
    ids = [text(name) for name in raw.REQUIRED if name in TEXTS]
    empty = [id_.isNull() | (id_ == "") for id_ in ids]
    others = [_b(name).isNull() for name in raw.REQUIRED if name not in TEXTS]
    # array_contains is NULL where the value is not found but a null is.
    timeless = [
        _b(f"{stream}.t_ms").isNotNull() & F.array_contains(_b(f"{stream}.t_ms"), F.lit(-1).cast("long")).isNull()
        for stream in raw.STREAMS
    ]
    return _any(empty + others + timeless)


def _is_bad_clock() -> Column:
    clocks = [_b(name) for name in ("started_at_ms", "sent_at_ms", "received_at_ms")]
    return _any(~F.coalesce(clock.between(CLOCK_RANGE_MS[0], CLOCK_RANGE_MS[1] - 1), F.lit(False)) for clock in clocks)


def _has_long_time(stream: str, settings: Settings) -> Column:
    return F.coalesce(F.array_max(_b(f"{stream}.t_ms")) > settings.max_page_view_ms, F.lit(False))


def _has_negative_time() -> Column:
    times = [F.array_min(_b(f"{stream}.t_ms")) for stream in raw.STREAMS]
    return _any(F.coalesce(time < 0, F.lit(False)) for time in [*times, _b("observed_until_ms")])


def _is_ragged(stream: str) -> Column:
    """Required arrays of one length, an absent one counting as empty; others of that length or left out."""
    length = F.coalesce(F.array_size(_b(f"{stream}.t_ms")), F.lit(0))
    required = raw.STREAM_REQUIRED[stream]
    fields = _stream_fields(stream)
    wrong = [F.coalesce(F.array_size(_b(f"{stream}.{name}")), F.lit(0)) != length for name in required]
    optional = [name for name in fields if name not in required]
    wrong += [F.coalesce(F.array_size(_b(f"{stream}.{name}")) != length, F.lit(False)) for name in optional]
    return _any(wrong)


def _stream_fields(stream: str) -> list[str]:
    (declared,) = (c.type for c in raw.COLUMNS if c.name == stream)
    assert isinstance(declared, Struct)
    return [field.name for field in declared.fields]


def _texts_are_texts() -> Column:
    """False if a number, boolean, list or object stands where the contract wants text.

    In arrays the parser reads those as text without a word. Only a line in which an element looks like such a
    literal is parsed again, with its types; the array around the variant binds it, so that this happens once.
    """
    single = [F.coalesce(F.schema_of_variant(_b(path)).isin("STRING", "VOID"), F.lit(True)) for path in TEXTS]
    elements = [_b(path) for path in _TEXT_ARRAYS] + [_b(f"item_meta.{name}") for name in _META_TEXTS]
    is_suspicious = F.concat_ws("\u0001", *elements).rlike(_LITERAL)
    parsed_again = F.exists(F.array(F.try_parse_json(F.col("line"))), _arrays_hold_texts)
    return reduce(lambda a, b: a & b, single) & F.when(is_suspicious, parsed_again).otherwise(F.lit(True))


def _arrays_hold_texts(variant: Column) -> Column:
    arrays = [
        F.coalesce(_kind(variant, path).isin("ARRAY<STRING>", "ARRAY<VOID>", "VOID"), F.lit(True))
        for path in _TEXT_ARRAYS
    ]
    metas = F.coalesce(_kind(variant, "item_meta"), F.lit("VOID"))
    foreign = [metas.rlike(f"[<,] ?{name}: (?!STRING|VOID)") for name in _META_TEXTS]
    typed = reduce(lambda a, b: a & b, arrays) & ~_any([*foreign, metas.contains("VARIANT")])
    # Double keys and a bare NaN are no JSON to this parser; such lines keep the lenient reading.
    return variant.isNull() | typed


def _kind(variant: Column, path: str) -> Column:
    return F.schema_of_variant(F.try_variant_get(variant, f"$.{path}", "variant"))


def text_key(path: str) -> Column:
    """A key column from raw text: '(none)' where it is missing or empty."""
    value = text(path)
    return F.when(value.isNull() | (value == ""), F.lit(shared.MISSING)).otherwise(value)
