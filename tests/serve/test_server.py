"""Where the page listens, under which names it answers, and how it begins and ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.serve.server import address_of, bound, is_loopback, serve, trusted_hosts

LOCAL = ["127.0.0.1", "localhost", "[::1]"]


def test_a_browser_on_this_machine_needs_no_flag() -> None:
    assert trusted_hosts("127.0.0.1", False, ()) == trusted_hosts("localhost", False, ()) == LOCAL
    assert trusted_hosts("::1", False, ()) == LOCAL
    assert trusted_hosts("127.0.0.2", False, ["desk.example.com"]) == [*LOCAL, "127.0.0.2", "desk.example.com"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.example.com"])
def test_a_host_beyond_this_machine_needs_a_flag(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(UsageError, match=r"without a password\. Add --allow-remote"):
        trusted_hosts(host, False, ["desk.example.com"])


def test_all_addresses_need_the_names_under_which_they_are_asked() -> None:
    with pytest.raises(UsageError, match="under which name will browsers ask"):
        trusted_hosts("0.0.0.0", True, ())
    assert trusted_hosts("0.0.0.0", True, ["desk.example.com"]) == [*LOCAL, "desk.example.com"]
    assert trusted_hosts("fd00::7", True, ()) == [*LOCAL, "[fd00::7]"]


@pytest.mark.parametrize("name", ["*", "*.example.com", "http://desk", "desk:8420", "", "a b"])
def test_a_server_name_is_a_name_and_no_pattern(name: str) -> None:
    with pytest.raises(UsageError, match="not a name"):
        trusted_hosts("127.0.0.1", False, [name])


def test_port_0_takes_a_free_one_and_a_taken_one_is_told() -> None:
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert address_of(listening) == f"http://127.0.0.1:{port}/"
        with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1, port {port}: .* Choose another --port"):
            bound("127.0.0.1", port)


def test_a_host_that_is_none_of_this_machines_is_told() -> None:
    with pytest.raises(UsageError, match=r"cannot listen on 203\.0\.113\.9"):
        bound("203.0.113.9", 0)


def test_nothing_is_listened_to_before_there_is_a_release(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing published"):
        serve(str(tmp_path / "none"), "127.0.0.1", 0)


def test_the_command_answers_until_it_is_interrupted(warehouse: str) -> None:
    command = [sys.executable, "-m", "jobs.cli", "serve", "--port", "0", "--warehouse", warehouse]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        said = process.stdout.readline()
        address = said.split()[0]

        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=30) == 0
        assert said == f"{address}  release 8 of {warehouse}, and newer ones as they come. Stop with Ctrl-C.\n"
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_what_other_machines_can_read_is_warned_of(warehouse: str) -> None:
    command = [sys.executable, "-m", "jobs.cli", "serve", "--port", "0", "--warehouse", warehouse]
    command += ["--host", "0.0.0.0", "--allow-remote", "--server-name", "desk.example.com"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        port = int(process.stdout.readline().split()[0].rstrip("/").rpartition(":")[2])

        with socket.create_connection(("127.0.0.1", port), timeout=30) as asking:
            asking.sendall(b"HEAD / HTTP/1.1\r\nHost: desk.example.com\r\nConnection: close\r\n\r\n")
            assert asking.recv(12) == b"HTTP/1.1 200"
        process.send_signal(signal.SIGINT)

        warning = process.stderr.read()
        assert (
            warning
            == f"warning: http://0.0.0.0:{port}/ can be read from other machines, without a password. Marts and ops only.\n"
        )
        assert process.wait(timeout=30) == 0
