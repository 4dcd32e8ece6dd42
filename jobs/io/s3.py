"""Settings of S3 for every engine that reads or writes it: obstore, delta-rs, and Spark's `s3a://`.

Address and credentials come from the standard variables AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. All three engines read the secret ones from the environment themselves:
none stands in a setting, on a command line, in a plan or in a message.

Times are chosen so that a server that is away stops a run within about a minute: by default the engines go on for
three to fifteen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from jobs.errors import UsageError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

_SCHEMES = ("s3a://", "s3://")
#: A request signs the name of a region; servers that have none take any.
_ANY_REGION = "us-east-1"
#: Of one request, answer included; raw files are read in ranges, so that it bounds no file.
_REQUEST_S = 30
_CONNECT_S = 5
_RETRIES = 6
_RETRY_S = 20
_AWAY = re.compile(r"^Generic S3 error: .*(error sending request|operation timed out|error decoding response)", re.S)
_CODE = re.compile(r"<Code>(\w+)</Code>")


def is_s3(uri: str) -> bool:
    """True for a URI on S3."""
    return uri.startswith(_SCHEMES)


def any_on_s3(uris: Iterable[str]) -> bool:
    """True if one of the URIs is on S3."""
    return any(is_s3(uri) for uri in uris)


def spark_uri(uri: str) -> str:
    """The URI as Spark knows it: `s3://` has no file system of its own there."""
    return f"s3a://{uri.removeprefix('s3://')}" if uri.startswith("s3://") else uri


def object_uri(uri: str) -> str:
    """The URI as obstore and delta-rs know it."""
    return f"s3://{uri.removeprefix('s3a://')}" if uri.startswith("s3a://") else uri


def endpoint() -> str:
    """Address of the S3 server, empty for Amazon's own; UsageError if it is no address."""
    address = os.environ.get("AWS_ENDPOINT_URL", "")
    parsed = urlparse(address)
    if address and (parsed.scheme not in ("http", "https") or not parsed.hostname or "@" in parsed.netloc):
        # What was given is not repeated: it may hold a password.
        raise UsageError("AWS_ENDPOINT_URL is no address of a server. Give http://host:port or https://host.")
    return address.rstrip("/")


def region() -> str:
    """AWS_REGION, else AWS_DEFAULT_REGION, else any one if an endpoint is given, else empty."""
    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return given or (_ANY_REGION if endpoint() else "")


def spark_settings() -> dict[str, str]:
    """Settings of `s3a://`. Credentials are not among them: Spark takes them from the driver's environment."""
    settings = {
        "fs.s3a.connection.establish.timeout": "15s",  # s3a takes no less
        "fs.s3a.connection.timeout": f"{_REQUEST_S}s",
        # Two layers retry, and multiply: the outer one knows which calls may be repeated.
        "fs.s3a.attempts.maximum": "1",
        "fs.s3a.retry.limit": "4",
        "fs.s3a.retry.interval": "500ms",
    }
    if region():
        settings["fs.s3a.endpoint.region"] = region()
    if endpoint():
        settings["fs.s3a.endpoint"] = endpoint()
        # A server of one's own has no name of its own for each bucket.
        settings["fs.s3a.path.style.access"] = "true"
        settings["fs.s3a.connection.ssl.enabled"] = str(_is_encrypted()).lower()
    return {f"spark.hadoop.{name}": value for name, value in settings.items()}


def store_config() -> S3Config:
    """Address and region for obstore; the rest it finds in the environment."""
    config: S3Config = {}
    if endpoint():
        config["endpoint"] = endpoint()
        config["virtual_hosted_style_request"] = False
    if region():
        config["region"] = region()
    return config


def client_options() -> ClientConfig:
    """How obstore connects."""
    return {
        "allow_http": not _is_encrypted(),
        "timeout": timedelta(seconds=_REQUEST_S),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
    }


def retry_config() -> RetryConfig:
    """How long obstore repeats a request."""
    return {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=_RETRY_S),
        "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
    }


def delta_options() -> dict[str, str]:
    """The same for delta-rs, in its words."""
    options = {
        "allow_http": str(not _is_encrypted()).lower(),
        "timeout": f"{_REQUEST_S}s",
        "connect_timeout": f"{_CONNECT_S}s",
        "max_retries": str(_RETRIES),
        "retry_timeout": f"{_RETRY_S}s",
    }
    if endpoint():
        options["aws_endpoint"] = endpoint()
    if region():
        options["aws_region"] = region()
    return options


def _is_encrypted() -> bool:
    return not endpoint().startswith("http://")


def said(error: BaseException) -> str:
    """A store's error in one line; of a server's answer in XML only its code: the rest repeats the request."""
    text = str(error)
    if _AWAY.search(text):
        return f"the server {endpoint() or 'of Amazon'} does not answer"
    first = re.sub(r":?\s*<\?xml.*", "", text.split("\n", 1)[0])[:300]
    code = _CODE.search(text)
    return f"{first} ({code[1]})" if code else first
