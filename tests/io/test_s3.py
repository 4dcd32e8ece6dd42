"""Settings of S3 from the standard variables, without a server."""

from __future__ import annotations

import pytest

from jobs.errors import UsageError
from jobs.io import s3

SECRET = "a-secret-nobody-may-see"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("uri", "is_s3"), [("s3a://b/x", True), ("s3://b/x", True), ("/s3a", False), ("gs://b", False)]
)
def test_which_uris_are_on_s3(uri: str, is_s3: bool) -> None:
    assert s3.is_s3(uri) is is_s3
    assert s3.any_on_s3(["/raw", uri]) is is_s3


def test_each_engine_gets_the_scheme_that_it_knows() -> None:
    assert s3.spark_uri("s3://b/x") == s3.spark_uri("s3a://b/x") == "s3a://b/x"
    assert s3.object_uri("s3a://b/x") == s3.object_uri("s3://b/x") == "s3://b/x"
    assert s3.spark_uri("/x") == s3.object_uri("/x") == "/x"


def test_a_server_of_ones_own_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:7070/")

    settings = s3.spark_settings()

    assert settings["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:7070"
    assert settings["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"
    assert settings["spark.hadoop.fs.s3a.endpoint.region"] == "us-east-1"
    assert s3.client_options()["allow_http"] is True
    assert s3.delta_options()["allow_http"] == "true"


def test_amazons_own_servers_need_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    settings = s3.spark_settings()

    assert "spark.hadoop.fs.s3a.endpoint" not in settings
    assert settings["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1"
    assert s3.client_options()["allow_http"] is False
    assert s3.store_config() == {"region": "eu-west-1"}


def test_no_setting_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, SECRET)

    assert SECRET not in f"{s3.spark_settings()} {s3.store_config()} {s3.delta_options()} {s3.client_options()}"


@pytest.mark.parametrize("address", ["127.0.0.1:7070", "ftp://host", f"https://user:{SECRET}@host"])
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL") as said:
        s3.endpoint()

    assert SECRET not in str(said.value)


def test_of_a_servers_answer_only_the_code_is_told() -> None:
    error = OSError("403 Forbidden: <?xml version?>\n<Error><Code>AccessDenied</Code><StringToSign>x</StringToSign>")

    assert s3.said(error) == "403 Forbidden (AccessDenied)"


def test_a_server_that_is_away_is_called_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:7070")
    error = OSError(
        "Generic S3 error: Error performing PUT http://127.0.0.1:7070/b after 5 retries - HTTP error: error sending request\n\nDebug source:"
    )

    assert s3.said(error) == "the server http://127.0.0.1:7070 does not answer"
