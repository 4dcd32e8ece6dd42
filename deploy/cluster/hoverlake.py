"""The `hoverlake` command as the program that `spark-submit` runs."""

from __future__ import annotations

from jobs.cli import main

if __name__ == "__main__":
    main()
