"""Delta's jars are fetched once, checked by hash, and whole or absent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed
from jobs.io import jars
from jobs.io.jar_pins import DELTA_JARS, S3_JARS, Jar
from jobs.io.jars import check_jars, delta_jars, jar_folder, s3_jars

CONTENT = b"the bytes of a jar"
PINNED = Jar("org.example", "example-lake", "1.0", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def one_pinned_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "DELTA_JARS", (PINNED,))


def _arrives(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[str]:
    """Instead of a repository: each fetch brings `content`; the names asked for are noted."""
    asked: list[str] = []

    def retrieve(wanted: list[Jar], scratch: Path) -> None:
        for jar in wanted:
            asked.append(jar.name)
            (scratch / jar.file_name).write_bytes(content)

    monkeypatch.setattr(jars, "_retrieve", retrieve)
    return asked


def test_the_five_pins_are_of_one_delta_version() -> None:
    assert len(DELTA_JARS) == 5
    assert {jar.version for jar in DELTA_JARS} == {"4.4.0"}
    assert all(len(jar.sha256) == 64 for jar in DELTA_JARS)


def test_the_pins_of_s3_fit_sparks_hadoop_and_have_no_bundle() -> None:
    import pyspark

    versions = {jar.name: jar.version for jar in S3_JARS}
    shipped = (Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar")

    assert [path.stem for path in shipped] == [f"hadoop-client-api-{versions['hadoop-aws']}"]
    assert len(versions) == len(S3_JARS)
    assert "bundle" not in versions


def test_jars_of_s3_are_fetched_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3_jar = Jar("org.example", "example-s3", "2.0", PINNED.sha256)
    monkeypatch.setattr(jars, "S3_JARS", (s3_jar,))
    asked = _arrives(monkeypatch, CONTENT)

    delta_jars(tmp_path)
    assert asked == ["example-lake"]

    assert s3_jars(tmp_path) == [tmp_path / "example-s3-2.0.jar"]
    assert asked == ["example-lake", "example-s3"]


def test_missing_jar_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _arrives(monkeypatch, CONTENT)

    first = delta_jars(tmp_path / "jars")
    second = delta_jars(tmp_path / "jars")

    assert first == second == [tmp_path / "jars" / "example-lake-1.0.jar"]
    assert first[0].read_bytes() == CONTENT
    assert asked == ["example-lake"]


def test_damaged_jar_is_fetched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PINNED.file_name).write_bytes(CONTENT[:-1])
    assert check_jars(tmp_path) == [(PINNED, "damaged")]
    _arrives(monkeypatch, CONTENT)

    [path] = delta_jars(tmp_path)

    assert path.read_bytes() == CONTENT
    assert check_jars(tmp_path) == [(PINNED, "")]


def test_jar_with_other_bytes_is_refused_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _arrives(monkeypatch, b"<html>log in first</html>")

    with pytest.raises(InfrastructureFailed, match=r"example-lake-1\.0\.jar arrived damaged.*SHA-256"):
        delta_jars(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(InfrastructureFailed, match=r"file/jars cannot be written.*HOVERLAKE_JARS"):
        delta_jars(tmp_path / "file" / "jars")


def test_folder_is_the_environments_word_or_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOVERLAKE_JARS", raising=False)
    assert jar_folder().name == ".jars"
    assert (jar_folder().parent / "setup.cfg").exists()

    monkeypatch.setenv("HOVERLAKE_JARS", str(tmp_path))

    assert jar_folder() == tmp_path


def _repository(folder: Path, *, content: bytes | None) -> str:
    """Ivy settings of a repository on disk, in Maven's layout, with the pinned artifact unless `content` is None."""
    home = folder / "org" / "example" / "example-lake" / "1.0"
    home.mkdir(parents=True)
    if content is not None:
        (home / "example-lake-1.0.jar").write_bytes(content)
        (home / "example-lake-1.0.pom").write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId>"
            "<artifactId>example-lake</artifactId><version>1.0</version></project>"
        )
    settings = folder / "settings.xml"
    settings.write_text(
        '<ivysettings><settings defaultResolver="disk"/><resolvers>'
        f'<ibiblio name="disk" m2compatible="true" root="{folder.as_uri()}/"/></resolvers></ivysettings>'
    )
    return str(settings)


@pytest.mark.spark
def test_ivy_fetches_from_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOVERLAKE_IVY_SETTINGS", _repository(tmp_path / "mirror", content=CONTENT))

    [path] = delta_jars(tmp_path / "jars")

    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in (tmp_path / "jars").iterdir()] == ["example-lake-1.0.jar"]


@pytest.mark.spark
def test_repository_without_the_jar_is_an_error_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOVERLAKE_IVY_SETTINGS", _repository(tmp_path / "mirror", content=None))

    with pytest.raises(
        InfrastructureFailed, match=r"cannot fetch example-lake-1\.0\.jar: .*not found.*Check the network"
    ):
        delta_jars(tmp_path / "jars")
