"""The `hoverlake` command as a Databricks task: exit code 10, nothing new, ends it well; any other fails the run."""

from __future__ import annotations

from jobs.cli import main

NOTHING_NEW = 10

if __name__ == "__main__":
    try:
        main()
    except SystemExit as ended:
        # The platform takes every SystemExit for a failure, 0 included.
        if ended.code not in (None, 0, NOTHING_NEW):
            raise
