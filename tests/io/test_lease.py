"""Who may write: one holder at a time, dead ones replaced at once, silent ones after their expiry."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InfrastructureFailed, LeaseHeld
from jobs.io import lease
from jobs.io.lease import current_holder, held_lease, newest_number
from jobs.io.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path), create=True)


def _left_by(store: Store, **changes: Any) -> None:
    """Lease 7 of somebody else, on another host unless `changes` say otherwise."""
    now = dt.datetime.now(dt.UTC).isoformat()
    holder = {"run_id": "r", "host": "elsewhere", "boot": "b", "pid": 1, "started": "1", "heartbeat_at": now}
    store.put_if_absent("_lease/000007.json", json.dumps({**holder, **changes}).encode())


def _ago(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)).isoformat()


def test_numbers_rise_and_a_lease_given_back_is_free(store: Store) -> None:
    with held_lease(store, "one") as first:
        holder = current_holder(store)
        assert holder is not None and (holder["run_id"], holder["number"], first.number) == ("one", 1, 1)
    assert current_holder(store) is None
    with held_lease(store, "two") as second:
        assert (second.number, second.is_taken_over) == (2, False)


def test_a_second_run_is_told_who_holds_it(store: Store) -> None:
    with (
        held_lease(store, "one"),
        pytest.raises(LeaseHeld, match=rf"held by run one .host {socket.gethostname()}, process {os.getpid()}"),
        held_lease(store, "two"),
    ):
        pass


def test_of_many_at_once_one_holds_it(store: Store) -> None:
    held, refused, gate, done = [], [], threading.Barrier(12), threading.Event()

    def run(name: str) -> None:
        gate.wait()
        try:
            with held_lease(store, name):
                held.append(name)
                done.wait(10)
        except LeaseHeld:
            refused.append(name)
            if len(refused) == 11:
                done.set()

    threads = [threading.Thread(target=run, args=(str(n),)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 11)


def test_a_killed_holder_of_this_host_is_replaced_at_once(tmp_path: Path, store: Store) -> None:
    code = (
        "import os, sys; from jobs.io.lease import held_lease; from jobs.io.store import Store\n"
        "with held_lease(Store(sys.argv[1]), 'dies'): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert newest_number(store) == 1

    with held_lease(store, "next") as taken:
        assert (taken.number, taken.is_taken_over) == (2, False)


@pytest.mark.parametrize(
    ("changes", "is_held"),
    [
        ({"silent_s": 0}, True),
        ({"silent_s": 590}, True),
        ({"silent_s": 610}, False),
        ({"host": socket.gethostname(), "boot": "before the reboot"}, False),
        ({"is_released": True}, False),
    ],
)
def test_a_holder_elsewhere_keeps_it_until_it_was_silent_for_ten_minutes(
    store: Store, changes: dict[str, Any], is_held: bool
) -> None:
    silent_s = changes.get("silent_s", 0)
    _left_by(store, **{"heartbeat_at": _ago(silent_s), **changes})

    assert (current_holder(store) is not None) == is_held
    if is_held:
        with pytest.raises(LeaseHeld, match="held by run r"), held_lease(store, "next"):
            pass
    else:
        with held_lease(store, "next") as taken:
            assert taken.number == 8
            # Only who was silent may come back to life.
            assert taken.is_taken_over == (silent_s > 600)


def test_a_lease_that_could_not_be_given_back_does_not_lock_its_own_process_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise InfrastructureFailed("no space left on device")

    with monkeypatch.context() as patched, held_lease(store, "one"):
        patched.setattr(Store, "put", full)

    assert current_holder(store) is None
    with held_lease(store, "two") as taken:
        assert (taken.number, taken.is_taken_over) == (2, False)


def test_the_heartbeat_goes_on_while_the_lease_is_held(store: Store) -> None:
    with held_lease(store, "long", expiry_s=0.6):
        time.sleep(0.8)
        with pytest.raises(LeaseHeld), held_lease(store, "next", expiry_s=0.6):
            pass


def test_a_holder_that_was_taken_for_dead_notices(store: Store) -> None:
    with held_lease(store, "sleeps") as slept:
        slept.check()
        store.put_if_absent("_lease/000002.json", b"{}")

        with pytest.raises(InfrastructureFailed, match=r"lease 1 .* was taken over by lease 2"):
            slept.check()


def test_old_leases_are_forgotten_and_numbers_go_on(store: Store) -> None:
    for name in "abc":
        with held_lease(store, name):
            pass
    assert lease.forget(store, keep=3) == 2
    with held_lease(store, "d") as taken:
        assert taken.number == 4
