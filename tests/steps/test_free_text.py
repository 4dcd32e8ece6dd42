"""Free text, by hand and by property: what landing's SQL stores is what the plain reading says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config import Settings, load_settings
from jobs.errors import UsageError
from jobs.simulator.oracle_texts import stored_target, stored_url
from tests.night.warehouses import DATE, beacon

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

UUID = "123e4567-e89b-12d3-a456-426614174000"
KEPT = [
    *("story-123456789", "1234567890", "123456789012345", "2026-11-25", "2026-11-25 10-15", UUID, "post_4915112345678"),
    *("", "nav", "a@b", "@b.de", "a@ b.de", "a@.d", "a@b.", "100 %40", "12-34-56-78", "+1234567", "+1234567890123456"),
    *("1 234567890123456", "(1234567890", "+49 151 1234567 x", "tel:nobody", "10:15:30 2026", "12345678-", "a" * 128),
    "ä" * 128,
    "12345678-1234-1234-1234-123456789012",
]
HASHED = [
    *("a" * 129, "ä" * 129, "a" * 100 + "\x01" + "b" * 100, "x@y.z", "mailto:ann@example.org?subject=x", "a%40b.de"),
    *("write to ann@mail.example.org, please", "icon@2x.png", "+12345678", "+123456789012345", "+49 (151) 123-45/67"),
    *("tel:12345678", "tel:+49 30 1234567", "(089) 1234567", "030/1234567.8", "1 23456789", "12-34-56-78-9"),
    *("192.168.100.200", "2026-13-25 123", "2026-11-251"),
]
#: Address, allowed parameters, what is kept.
URLS: list[tuple[str, tuple[str, ...], str]] = [
    ("https://a.example/feed?u=ann#top", (), "https://a.example/feed"),
    ("https://a.example/feed#top?page=2", ("page",), "https://a.example/feed"),
    ("https://ann:pw@a.example/feed", (), "https://a.example/feed"),
    ("//ann@b@a.example/x@y", (), "//a.example/x@y"),
    ("/feed/x@y?z", (), "/feed/x@y"),
    ("https://a.example/?page=2&u=ann&tab=new&page=3", ("tab", "page"), "https://a.example/?page=2&tab=new&page=3"),
    ("https://a.example/?pages=2&page", ("page",), "https://a.example/?page"),
    ("?page=?&u=1", ("page",), "?page=?"),
    ("", ("page",), ""),
]
_NEAR = st.text("0123456789+ ().-/", max_size=22) | st.text("12@.% 40\x01\naé", max_size=12)
TARGETS = st.sampled_from((*KEPT, *HASHED)) | _NEAR | st.integers(125, 131).map("x".__mul__)


@pytest.mark.parametrize("target", KEPT)
def test_ordinary_ids_numbers_and_dates_are_kept(target: str) -> None:
    assert stored_target(target) == target


@pytest.mark.parametrize("target", HASHED)
def test_long_texts_addresses_and_numbers_to_dial_are_hashed(target: str) -> None:
    assert stored_target(target) == "hashed:" + hashlib.sha256(target.encode()).hexdigest()[:32]


@pytest.mark.parametrize(("url", "allowed", "kept"), URLS)
def test_an_address_keeps_its_path_and_allowed_parameters(url: str, allowed: tuple[str, ...], kept: str) -> None:
    assert stored_url(url, allowed) == kept


@pytest.mark.parametrize("names", ['["a=b"]', '[""]', '["a&b"]'])
def test_what_cannot_name_one_parameter_is_refused(names: str) -> None:
    with pytest.raises(UsageError, match="name of one parameter"):
        load_settings([f"url_query_allowed={names}"])


def landed(spark: SparkSession, lines: Sequence[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Rows of clean.beacons in the order of the lines, which `seq` tells."""
    from jobs import beacons
    from jobs.steps.parse import judge_lines
    from jobs.steps.pseudonym import pseudonym_udf

    values = [(json.dumps({**line, "seq": seq}), "a.ndjson", DATE) for seq, line in enumerate(lines)]
    frame = spark.createDataFrame(values, "value string, raw_file string, landing_date date").coalesce(1)
    keyed = beacons.with_visitor_keys(judge_lines(frame, settings), "'1'", pseudonym_udf({"1": b"k" * 32}))
    stored = beacons.transform(keyed, settings)
    found = [row.asDict(recursive=True) for row in stored.collect()]
    assert len(found) == len(lines)
    return sorted(found, key=lambda row: row["seq"])


def told(target: str) -> dict[str, Any]:
    """A beacon that says the target wherever it can stand, beside others."""
    at = {"t_ms": [1, 2, 3], "x_px": [1, 1, 1], "y_px": [1, 1, 1]}
    return beacon(
        pointer={**at, "target": ["nav", target, None]},
        clicks={**at, "target": [None, target, target]},
        items={"t_ms": [0, 0], "item_id": [target, "i"], "visible_share": [1, 1]},
        item_meta=[None, {"item_id": target, "item_type": "story", "topic": "x@y.z"}],
    )


def check_targets(spark: SparkSession, targets: Sequence[str], settings: Settings) -> None:
    rows = landed(spark, [told(target) for target in targets], settings)

    for target, row in zip(targets, rows, strict=True):
        kept = stored_target(target, settings.max_target_chars)
        nav, alone = (stored_target(text, settings.max_target_chars) for text in ("nav", "i"))
        assert row["pointer"]["target"] == [nav, kept, None]
        assert row["clicks"]["target"] == [None, kept, kept]
        assert row["items"]["item_id"] == [kept, alone]
        assert row["item_meta"][0] is None
        assert (row["item_meta"][1]["item_id"], row["item_meta"][1]["topic"]) == (kept, "x@y.z")


@pytest.mark.spark
def test_landing_hashes_every_target_as_the_plain_reading_does(spark: SparkSession) -> None:
    check_targets(spark, [*KEPT, *HASHED], Settings())
    check_targets(spark, ["ab", "abc", "na", "a\x01b"], Settings(max_target_chars=2))


@pytest.mark.spark
@settings(max_examples=4)
@given(targets=st.lists(TARGETS, min_size=80, max_size=150))
def test_landing_hashes_any_target_as_the_plain_reading_does(spark: SparkSession, targets: list[str]) -> None:
    check_targets(spark, targets, Settings())


@pytest.mark.spark
@pytest.mark.parametrize("allowed", [(), ("page", "tab")])
def test_landing_keeps_of_addresses_what_the_plain_reading_keeps(spark: SparkSession, allowed: tuple[str, ...]) -> None:
    urls = [url for url, *_ in URLS]
    lines = [beacon(page={"surface": "feed", "url": url}) for url in urls]

    rows = landed(spark, lines, Settings(url_query_allowed=allowed))

    assert [row["url"] for row in rows] == [stored_url(url, allowed) for url in urls]
