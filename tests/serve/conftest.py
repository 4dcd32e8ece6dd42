"""The page behind a real socket, on a warehouse of two releases."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from jobs.serve.server import address_of, bound, server, trusted_hosts
from tests.serve.warehouse import desk_warehouse


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


class Site:
    """A running server, and how to ask it."""

    def __init__(self, warehouse: str, address: str) -> None:
        self.warehouse, self.address = warehouse, address

    def __call__(self, path: str = "/", *, method: str = "GET", host: str | None = None, **question: object) -> Answer:
        """The answer to a request; no answer ever tells where the warehouse lies, nor how it failed."""
        target = path + ("?" + urlencode(question) if question else "")
        with closing(http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)) as connection:
            connection.request(method, target, headers={"Host": host} if host else {})
            response = connection.getresponse()
            text = response.read().decode()
        assert self.warehouse not in text and "Traceback" not in text
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)


@contextmanager
def running(warehouse: str) -> Iterator[Site]:
    """The server in a thread of its own, on a free port."""
    with bound("127.0.0.1", 0) as listening:
        started = server(warehouse, trusted_hosts("127.0.0.1", False, ()))
        thread = threading.Thread(target=started.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not started.started:
                time.sleep(0.01)
            yield Site(warehouse, address_of(listening))
        finally:
            started.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return desk_warehouse(str(tmp_path_factory.mktemp("serve") / "warehouse"))


@pytest.fixture(scope="session")
def site(warehouse: str) -> Iterator[Site]:
    with running(warehouse) as site:
        yield site


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A server whose warehouse a test may change."""
    with running(desk_warehouse(str(tmp_path / "warehouse"))) as site:
        yield site
