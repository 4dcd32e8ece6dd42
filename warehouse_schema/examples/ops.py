"""Questions to the tables that say what happened and whether it can be believed."""

from __future__ import annotations

from warehouse_schema.examples.example import Example, example

RUNS: tuple[Example, ...] = (
    example(
        "How did the last runs end?",
        "run_id landing_date exit_code minutes message",
        """
        select run_id, landing_date, exit_code, date_diff('minute', started_at, ended_at) as minutes, message
        from ops.runs
        order by started_at desc
        limit 14
        """,
    ),
)

INPUT_FILES: tuple[Example, ...] = (
    example(
        "How much came in per landing date, and was any file set aside?",
        "landing_date file_count set_aside_count line_count",
        """
        select landing_date, count(distinct raw_file) as file_count,
               count(distinct raw_file) filter (where outcome = 'set_aside') as set_aside_count,
               sum(line_count) filter (where outcome = 'landed') as line_count
        from ops.input_files
        group by landing_date
        order by landing_date desc
        """,
    ),
)

RECONCILIATION: tuple[Example, ...] = (
    example(
        "What became of each raw line of a landing date, as the last run saw it?",
        "reason row_count share",
        """
        select reason, row_count, round(row_count / sum(row_count) over (), 4) as share
        from ops.reconciliation
        where table_name = 'clean.beacons' and quantity = 'lines' and reason <> 'input' and date = '2026-11-20'
          and run_id = (select max(run_id) from ops.reconciliation where table_name = 'clean.beacons' and date = '2026-11-20')
        order by row_count desc, reason
        """,
    ),
)

DQ_RESULTS: tuple[Example, ...] = (
    example(
        "What does the audit hold against a date, worst first, and what could not be judged yet?",
        "table_name expectation column_name severity success observed meaning owner",
        """
        select table_name, expectation, column_name, severity, success, observed, meaning, owner
        from ops.dq_results
        where event_date = '2026-11-20' and success is distinct from true
          and run_id = (select max(run_id) from ops.dq_results where event_date = '2026-11-20')
        order by success nulls last, severity, table_name, expectation
        """,
    ),
)

DQ_PROFILE: tuple[Example, ...] = (
    example(
        "How did the share of bots move over the last weeks, surface by surface?",
        "event_date surface bot_share page_view_count",
        """
        select event_date, surface, round(amount / nullif(base, 0), 4) as bot_share, base as page_view_count
        from ops.dq_profile
        where metric = 'bots' and is_published
        qualify row_number() over (partition by event_date, surface order by run_id desc) = 1
        order by surface, event_date
        """,
    ),
)
