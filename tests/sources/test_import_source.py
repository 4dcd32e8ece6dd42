"""What every import does alike: consent, clocks, flushes, files."""

from __future__ import annotations

import datetime
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import cli
from jobs.errors import HoverlakeError, InfrastructureFailed, InputUnreadable, UsageError
from jobs.sources import SOURCES, import_source, raw_files
from jobs.sources.beacons import RECORDS_PER_BEACON, beacons_of, start_of
from jobs.sources.page_view import PageView, Stream
from tests.sources.raw_contract import breaches, read_beacons

DATE = datetime.date(2026, 1, 5)
MIDNIGHT_MS = int(datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC).timestamp()) * 1000
DAY_MS = 86_400_000


def pointer(t_ms: list[int]) -> Stream:
    return {"t_ms": t_ms, "x_px": list(range(len(t_ms))), "y_px": [0] * len(t_ms)}


def page_view(streams: dict[str, Stream], observed_until_ms: int) -> PageView:
    return PageView(
        "p1", "p1:a", streams, observed_until_ms, {"surface": "task"}, {"type": "desktop"}, [{"item_id": "i"}]
    )


def traces(root: Path, rows: str = "5,NoButton,Move,1,1\n9,Left,Pressed,2,2\n") -> Path:
    (root / "user1").mkdir(parents=True, exist_ok=True)
    (root / "user1" / "session_1min.csv").write_text("client timestamp,button,state,x,y\n" + rows)
    return root


def test_each_source_says_what_it_measures_and_what_it_cannot() -> None:
    assert set(SOURCES) == {"sapimouse", "balabit", "rrweb", "dice-feed", "scroll-readability"}
    assert all(source.measures.endswith(".") and source.cannot.endswith(".") for source in SOURCES.values())


def test_the_command_lists_what_every_format_measures_and_what_it_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["hoverlake", "import", "--list"])

    with pytest.raises(SystemExit) as stopped:
        cli.main()

    assert not stopped.value.code
    assert capsys.readouterr().out.splitlines() == [
        line
        for source in SOURCES.values()
        for line in (source.name, f"  measures: {source.measures}", f"  cannot:   {source.cannot}")
    ]


def test_clocks_of_all_beacons_of_a_page_view_give_one_start_on_the_date() -> None:
    t_ms = list(range(0, 4 * 60_000, 10))

    found = list(beacons_of("sapimouse", page_view({"pointer": pointer(t_ms)}, t_ms[-1]), DATE))

    assert len(found) == -(-len(t_ms) // RECORDS_PER_BEACON) == 5
    starts = {b["received_at_ms"] - (b["sent_at_ms"] - b["started_at_ms"]) for b in found}
    assert len(starts) == 1
    assert all(MIDNIGHT_MS <= b["started_at_ms"] <= b["received_at_ms"] < MIDNIGHT_MS + DAY_MS for b in found)
    assert all(b["sent_at_ms"] - b["started_at_ms"] == b["pointer"]["t_ms"][-1] for b in found)
    assert all(b["consent"] == {"purposes": ["product_development"]} for b in found)
    assert [b["is_last"] for b in found] == [False, False, False, False, True]
    assert ["item_meta" in b for b in found] == [True, False, False, False, False]
    assert [breach for b in found for breach in breaches(b)] == []


def test_the_closing_beacon_tells_how_long_the_page_was_watched() -> None:
    [beacon] = beacons_of("dice-feed", page_view({"pointer": pointer([3])}, 700), DATE)

    assert (beacon["observed_until_ms"], beacon["sent_at_ms"] - beacon["started_at_ms"]) == (700, 700)


def test_a_measured_stream_in_which_nothing_happened_stays_present() -> None:
    [beacon] = beacons_of("dice-feed", page_view({"clicks": pointer([])}, 0), DATE)

    assert beacon["clicks"]["t_ms"] == []
    assert "pointer" not in beacon


@settings(max_examples=50)
@given(
    pointer_ms=st.lists(st.integers(0, 40), max_size=60).map(sorted),
    click_ms=st.lists(st.integers(0, 40), max_size=20).map(sorted),
)
def test_cutting_into_beacons_loses_nothing_and_keeps_order(pointer_ms: list[int], click_ms: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.sources.beacons.RECORDS_PER_BEACON", 7)
        streams = {"pointer": pointer(pointer_ms), "clicks": pointer(click_ms)}
        found = list(beacons_of("sapimouse", page_view(streams, 40), DATE))

    assert [b["seq"] for b in found] == list(range(len(found)))
    for name, stream in streams.items():
        for array, values in stream.items():
            assert [value for b in found for value in b[name][array]] == values
    assert len(found) == 1 or all(b["pointer"]["t_ms"] or b["clicks"]["t_ms"] for b in found)
    ends = [max([0, *b["pointer"]["t_ms"], *b["clicks"]["t_ms"]]) for b in found]
    assert all(end <= b["observed_until_ms"] for end, b in zip(ends, found, strict=True))


@settings(max_examples=50)
@given(name=st.text(), length_ms=st.integers(0, DAY_MS))
def test_a_page_view_of_less_than_a_day_starts_and_ends_on_its_date(name: str, length_ms: int) -> None:
    start_ms = start_of(name, DATE, length_ms)

    assert start_ms >= MIDNIGHT_MS
    assert start_ms + length_ms < MIDNIGHT_MS + DAY_MS or length_ms == DAY_MS


def test_an_import_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    source = traces(tmp_path / "source")

    first, second = (import_source("sapimouse", source, tmp_path / raw, DATE).files for raw in ("a", "b"))

    assert [f.relative_to(tmp_path / "a") for f in first] == [Path("landing_date=2026-01-05/sapimouse-00000.ndjson.gz")]
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]
    # gzip header: flags (no file name inside) and modification time.
    assert first[0].read_bytes()[3:8] == bytes(5)


def test_importing_again_touches_nothing_and_another_log_takes_the_next_number(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    [file] = import_source("sapimouse", traces(tmp_path / "one"), raw, DATE).files
    before = (file.stat().st_mtime_ns, file.stat().st_ino, file.read_bytes())

    again = import_source("sapimouse", tmp_path / "one", raw, DATE)
    other = import_source("sapimouse", traces(tmp_path / "two", "1,NoButton,Move,7,7\n"), raw, DATE)

    assert again.files == (file,)
    assert (file.stat().st_mtime_ns, file.stat().st_ino, file.read_bytes()) == before
    assert [f.name for f in other.files] == ["sapimouse-00001.ndjson.gz"]
    assert sorted(path.name for path in raw.iterdir()) == ["landing_date=2026-01-05"]


def test_one_log_on_two_dates_makes_two_page_views_of_one_visitor(tmp_path: Path) -> None:
    source = traces(tmp_path / "source")
    next_day = DATE + datetime.timedelta(days=1)

    found = [
        read_beacons(import_source("sapimouse", source, tmp_path / "raw", date).files)[0] for date in (DATE, next_day)
    ]

    assert len({b["page_view_id"] for b in found}) == len({b["beacon_id"] for b in found}) == 2
    assert {b["visitor_id"] for b in found} == {"sapimouse:user1"}


def test_a_large_import_is_split_into_files_at_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_files, "BYTES_PER_FILE", 10)
    lines = [{"n": n} for n in range(5)]

    files, line_count = raw_files.write_raw_files(iter(lines), tmp_path, "sapimouse", DATE)

    # {"n":0} is 7 bytes: two lines reach 10.
    assert [gzip.decompress(f.read_bytes()) for f in files] == [
        b'{"n":0}\n{"n":1}\n',
        b'{"n":2}\n{"n":3}\n',
        b'{"n":4}\n',
    ]
    assert (line_count, read_beacons(files)) == (5, lines)


def test_the_summary_tells_what_was_read_written_and_left_out(tmp_path: Path) -> None:
    source = traces(tmp_path / "source", "5,NoButton,Move,1,1\n5,NoButton,Jump,1,1\n9,Left,Pressed,2,2\n")

    summary = import_source("sapimouse", source, tmp_path / "raw", DATE)

    assert (summary.page_view_count, summary.beacon_count, summary.records_read) == (1, 1, 3)
    assert summary.records_written == {"pointer": 2, "clicks": 1}
    assert summary.lines() == [
        "sapimouse: 1 page views in 1 beacons, landing date 2026-01-05",
        "records: 3 read; written: 2 pointer, 1 clicks",
        "left out: 1 unknown_state",
        "kept as found: nothing",
        f"file: {summary.files[0]}",
    ]


@pytest.mark.parametrize(
    ("name", "folder", "error", "words"),
    [
        (
            "garmin",
            "source",
            UsageError,
            "format garmin is unknown. Known are: balabit, dice-feed, rrweb, sapimouse, scroll-readability",
        ),
        ("sapimouse", "nowhere", UsageError, "nowhere is no folder. Give the folder with the sapimouse files"),
        ("dice-feed", "source", UsageError, "no dice-feed study in .*expected raw_viewport.csv"),
        ("sapimouse", "empty", InputUnreadable, "no page view that can be used .left out: 1 session_without_samples"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_is_written(
    tmp_path: Path, name: str, folder: str, error: type[HoverlakeError], words: str
) -> None:
    traces(tmp_path / "source")
    traces(tmp_path / "empty", "")

    with pytest.raises(error, match=words):
        import_source(name, tmp_path / folder, tmp_path / "raw", DATE)

    assert list(tmp_path.glob("raw/**/*.gz")) == []


def test_a_raw_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    source = traces(tmp_path / "source")

    with pytest.raises(UsageError, match="file is a file"):
        import_source("sapimouse", source, tmp_path / "file", DATE)
    with pytest.raises(InfrastructureFailed, match="cannot write below"):
        import_source("sapimouse", source, tmp_path / "file" / "raw", DATE)
