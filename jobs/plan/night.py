"""What one night takes: cores, memory, bytes between tasks, files, commits and requests to the object store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jobs.plan.asked import Asked
from jobs.plan.constants import Constants, Span
from jobs.plan.storage import LATE_WINDOW_DAYS, REBUILT_DATES, Storage
from warehouse_schema import MARTS, OPS, RESTRICTED
from warehouse_schema.mart.reach_daily import WINDOWS_DAYS

#: Dates of clean.beacons that a night looks through: those it builds, and as many before them as a page view may reach.
BEACONS_DATES = REBUILT_DATES + LATE_WINDOW_DAYS + 1
#: Dates of which mart.reach_daily looks for visitors.
REACH_DATES = REBUILT_DATES + max(WINDOWS_DAYS) - 1
#: Requests for one opened Parquet file: its footer, then its columns in one range or in several. An estimate.
GETS_PER_OPENED_FILE = Span(2, 3, 6)
#: Requests that list a table's log for one commit, by Spark and by the reader that checks it. An estimate.
LISTS_PER_COMMIT = Span(2, 4, 8)
#: The driver reads a raw file twice, in ranges of so many bytes (jobs/io/store.py); a task reads it once.
READ_BYTES, DRIVER_READS, TASK_READS = 4 * 2**20, 2, 1
#: A large file is written in parts of so many bytes: the default of s3a.
WRITTEN_BYTES = 64 * 2**20
LISTED_PER_REQUEST = 1000
#: Seconds between two heartbeats of the lease: a sixth of its expiry.
HEARTBEAT_S = 100
#: Two ledgers are staged, each a file and its marker.
STAGED_OBJECTS = 4
#: Partitions of a shuffle for each core (jobs/io/session.py).
PARTITIONS_PER_CORE = 2


@dataclass(frozen=True)
class Night:
    """One night in the long run: the beacons of a day come in, and every date of the late window is built anew."""

    asked: Asked
    constants: Constants
    storage: Storage

    def _built(self, name: str) -> Span:
        """A quantity of building, of all dates together."""
        views, samples = self.asked.daily_page_views, self.asked.daily_samples
        return self.constants.linear(name, REBUILT_DATES * views, REBUILT_DATES * samples)

    @cached_property
    def landing_core_hours(self) -> Span:
        """Starting, then checking and landing a day's beacons."""
        seconds = self.constants["start_core_seconds"] + self.storage.daily("landing_core_seconds")
        return seconds * (1 / 3600)

    @cached_property
    def building_core_hours(self) -> Span:
        """From beacons to published marts, of every date that the night builds."""
        return self._built("building_core_seconds") * (1 / 3600) + self.reach_core_hours

    @cached_property
    def reach_core_hours(self) -> Span:
        """What looking back for the visitors of four weeks adds to it."""
        visitors = self.constants["visitors"] * self.asked.daily_page_views
        return visitors * self.constants["reach_core_seconds"] * (REACH_DATES * 1e-6 / 3600)

    @cached_property
    def core_hours(self) -> Span:
        """The whole night."""
        return self.landing_core_hours + self.building_core_hours

    @cached_property
    def driver_core_hours(self) -> Span:
        """The part of landing that only the driver's cores do: reading every raw file to its end."""
        return self.storage.raw_bytes * self.constants["check_core_seconds"] * (1e-9 / 3600)

    @cached_property
    def executors(self) -> Span:
        """Executors that get done within the hours of a night, if all work could be shared."""
        return (self.core_hours * (1 / self.asked.night_hours / self.asked.executor_cores)).rounded_up()

    @cached_property
    def executor_bytes(self) -> Span:
        """Memory of an executor: a JVM, and a Python worker for each core."""
        return self.constants["jvm_bytes"] + self.constants["python_worker_bytes"] * self.asked.executor_cores

    @cached_property
    def shuffle_bytes(self) -> Span:
        """Bytes handed from task to task, as written."""
        return self._built("shuffle_bytes")

    @cached_property
    def partitions(self) -> Span:
        """Partitions of a shuffle."""
        return self.executors * self.asked.executor_cores * PARTITIONS_PER_CORE

    @cached_property
    def beacons_files(self) -> Span:
        """Files of clean.beacons: one for each raw file, which is a task, and each start date in it."""
        return self.storage.raw_files * Span(1, REBUILT_DATES, REBUILT_DATES)

    @cached_property
    def page_views_files(self) -> Span:
        """Files of clean.page_views: one for each partition and date."""
        return self.partitions * REBUILT_DATES

    @cached_property
    def data_files(self) -> Span:
        """Files of all tables: beside those of clean one for each mart and date, and one for each other table."""
        others = len(MARTS) * REBUILT_DATES + len(OPS) + len(RESTRICTED) + 1
        return self.beacons_files + self.page_views_files + Span.of(others)

    @cached_property
    def commits(self) -> Span:
        """Commits to Delta tables."""
        return self.constants["commits"]

    @cached_property
    def put_requests(self) -> Span:
        """Objects that are written, large ones in several parts; heartbeats and staged marts too."""
        storage = self.storage
        written = storage.landed_bytes + (storage.page_views_bytes + storage.mart_bytes) * REBUILT_DATES
        others = self.constants["other_objects"] + Span.of(self.asked.night_hours * 3600 / HEARTBEAT_S + STAGED_OBJECTS)
        return self.data_files + written * (1 / WRITTEN_BYTES) + others

    @cached_property
    def get_requests(self) -> Span:
        """Ranges of raw files, read by driver and tasks, and files of tables that tasks open."""
        raw = self.storage.raw_files * (DRIVER_READS + TASK_READS) + self.storage.raw_bytes * (
            DRIVER_READS / READ_BYTES
        )
        beacons = self.beacons_files * BEACONS_DATES * self.constants["beacons_scans"]
        page_views = self.page_views_files * self.constants["page_views_scans"]
        return raw + (beacons + page_views + self.constants["log_files_opened"]) * GETS_PER_OPENED_FILE

    @cached_property
    def list_requests(self) -> Span:
        """Listing every raw file that is kept, and the logs of tables."""
        raw = (self.storage.raw_files * (self.asked.retention_days["raw"] / LISTED_PER_REQUEST)).rounded_up()
        return raw + self.commits * LISTS_PER_COMMIT
