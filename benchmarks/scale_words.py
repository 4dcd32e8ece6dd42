"""The words of docs/SCALE.md, with places for its numbers."""

from __future__ import annotations

BEFORE = """<!-- Written by `make docs` from benchmarks/scale.py and jobs/plan/measured_costs.json: change these, not this page. -->

# On paper: a billion users

How far does this design carry? Here it is taken, by arithmetic alone, to {users} monthly users, the size that the owner
of a warehouse of 300 PB reported in 2013. Nothing of this size was ever run: the constants are those of small simulated
nights on one machine (`make costs`), so take powers of ten from this page, not digits.

## Assumptions

- Of {users} monthly users {daily_share} come on a day, each for {views_per_user} page views: {views} page views a day.
- {samples} pointer samples in each, on average over mouse and touch; everything else as in the simulated nights.
- {layouts} layouts; {stories} stories and {ads} ads a day that enough people see to be published.
- A night is to end within {night_hours} hours. The driver is one process with {driver}.
- Limits: a task holds {task_gb} GB, a list on the driver {list_gb} GB, a query {paths} paths, a table {live_files} live
  files, a cluster {cluster_cores} cores.
- A page of a listing takes {list_s} s, and all of them may take an hour.
- {tail_share} of the item views are of stories and ads that fewer than `min_visitors` saw, and {group_share} of these on
  one surface and device; {taken_share} of the sessions are in the published row that a short group takes in.

## What it takes

```sh
{command}
```

```
{plan}
```

## Where it breaks first

Page views a day from which on a part no longer holds, the first to break first, and how many times as much the assumed
day has. Each is arithmetic on one measured constant and one assumed limit.
"""

HEAD = """| What breaks | Limit | Page views a day | The assumed day is so many times as large | What is then changed |
| --- | --- | --- | --- | --- |"""

#: What breaks and why; what is then changed.
BREAKS = {
    "check": (
        "**The driver reads every raw file to its end** before Spark sees it, to hash it and to count its lines.",
        "The check becomes a Spark job, a file a task; the collector writes hash and line count beside each file.",
    ),
    "partitions": (
        "**A shuffle has two partitions for each core of the driver**, whatever the cluster: page views of many visitors "
        "meet in one task.",
        "The number of partitions follows the bytes of the input, at 200 MB each; the session stops setting it.",
    ),
    "tail": (
        "**The tail of stories is one hot key**: entries of all stories below min_visitors fold into one row for each "
        "surface and device, and the exchange by row gives them to one task. A hot story is none: its entries are added up "
        "before the exchange.",
        "Entries of a folded row are first added up for each visitor, in an exchange by row and visitor, and then by row.",
    ),
    "remainders": (
        "**The last steps of the fold ladder run on the driver**: a short group takes in the smallest published row beside "
        "it, and all entries of that row come to the driver, however large the smallest is.",
        "The driver decides from rows alone, as it does for most; the distinct visitors of the few rows that merge are "
        "counted by one more job.",
    ),
    "lease": (
        "**One night at a time** holds the lease: there is no second one to share the work, and one that fails begins anew.",
        "Late dates are built only where something changed, page view by page view, instead of whole; a lease for each "
        "surface, whose releases are joined.",
    ),
    "paths": (
        "**Raw files are named to Spark one by one**, in the list to read and in the filter that counts what was written.",
        "Folders are named instead of files, and a table of files is joined instead of a list of literals.",
    ),
    "manifest": (
        "**The manifest of a release lists every raw file ever landed**; each night the driver reads it, and writes it anew.",
        "Files whose raw retention is over leave the manifest, and it becomes a Delta table.",
    ),
    "listing": (
        "**The driver lists every raw file that is kept**, page after page, each night.",
        "Only landing dates of the late window are listed, several at once.",
    ),
    "log": (
        "**The log of clean.beacons** holds an entry for each live file; one task of Spark, and delta-rs on the driver after "
        "each commit, replay all of it.",
        "Beacons are shuffled by start date before they are written; the state of the log gets more partitions; the version "
        "is asked of the log's last object instead.",
    ),
}

AFTER = """
## What does not break with size

- **Commits.** Their number follows the tables, not the page views. On S3 only one driver may commit to a Delta table,
  which the lease sees to; what grows is the list of files in each commit, with the log above.
- **Readers.** Marts grow with layouts, stories and ads. `hoverlake sql` opens a mart as one process does, which is the
  reader's limit, not the night's.
- **The kernel.** A page view is bounded (`max_beacon_bytes`, `max_page_view_ms`); its visitor is not: all beacons of one
  visitor meet in one Python worker, and a program that never stops would have to be cut off at landing.

## What is not in these figures

- Weekly maintenance, backfills, and what readers ask.
- A cluster's own losses: stragglers, spilled sorts, machines that go.
"""
