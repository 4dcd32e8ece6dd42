"""`hoverlake serve`: the application behind a socket, on this machine unless it is said otherwise."""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import uvicorn

from jobs.errors import UsageError
from jobs.serve.app import application
from jobs.sql import opened_release

#: Names under which a browser on this machine asks.
LOCAL = ("127.0.0.1", "localhost", "[::1]")
#: Addresses that stand for all of a machine's own.
EVERY = ("0.0.0.0", "::")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
#: Requests that are answered at once; more are told to come again.
MAX_REQUESTS = 32


def serve(warehouse: str, host: str, port: int, *, allow_remote: bool = False, names: Sequence[str] = ()) -> None:
    """Answer requests until interrupted; port 0 takes a free one.

    UsageError if nothing is published, for a host beyond this machine that is not allowed, and for a port that is taken.
    """
    hosts = trusted_hosts(host, allow_remote, names)
    release = opened_release(warehouse)
    assert release is not None
    answering = server(warehouse, hosts)
    with bound(host, port) as listening:
        address = address_of(listening)
        if not is_loopback(host):
            print(
                f"warning: {address} can be read from other machines, without a password. Marts and ops only.",
                file=sys.stderr,
            )
        print(
            f"{address}  release {release.number} of {warehouse}, and newer ones as they come. Stop with Ctrl-C.",
            flush=True,
        )
        with suppress(KeyboardInterrupt):
            answering.run(sockets=[listening])


def trusted_hosts(host: str, allow_remote: bool, names: Sequence[str]) -> list[str]:
    """Names under which requests may come. A page of another site that has its name point here asks under its own.

    UsageError for a host beyond this machine that is not allowed, or whose names are not known.
    """
    for name in names:
        if not (_NAME.fullmatch(name) or _ip(name)):
            raise UsageError(f"--server-name {name}: not a name. Give the machine's name or address, without port.")
    if not is_loopback(host) and not allow_remote:
        raise UsageError(
            f"--host {host}: other machines could read the warehouse, without a password. Add --allow-remote if that is "
            "meant, or leave --host out."
        )
    if host in EVERY and not names:
        raise UsageError(
            f"--host {host}: under which name will browsers ask? Give each by --server-name, such as desk.example.com."
        )
    own = () if host in EVERY else (host,)
    return list(
        dict.fromkeys(f"[{name}]" if ":" in name and "[" not in name else name for name in (*LOCAL, *own, *names))
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host."""
    address = _ip(host)
    return address.is_loopback if address else host == "localhost"


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; UsageError if the port is taken or the host is none of this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}. Choose another --port (0 takes a free one) or --host."
        ) from error


def address_of(listening: socket.socket) -> str:
    """The page's address."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def server(warehouse: str, hosts: Sequence[str]) -> uvicorn.Server:
    """The server, not yet started. It believes no header about who asks, and says nothing of a request that it answers."""
    return uvicorn.Server(
        uvicorn.Config(
            application(warehouse, hosts),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MAX_REQUESTS,
            timeout_graceful_shutdown=2,
        )
    )
