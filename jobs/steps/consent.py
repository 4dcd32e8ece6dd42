"""What lacks a purpose is withheld, as `warehouse_schema.purposes` declares it: at landing by beacon, in the kernel by
page view. Marts leave it out (`marts.counts_for_ads`)."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from jobs.steps.intervals import Bools
from warehouse_schema.purposes import MATRIX, REMOVED_BY_GPC, WITHHELD, allows

_SENT, _GPC = "beacon.consent.purposes", "beacon.consent.gpc"


def beacon_purposes() -> str:
    """SQL: purposes of the parsed beacon, sorted, without those that Global Privacy Control removes."""
    known = f"array_sort(array_distinct(array_compact({_SENT})))"
    removed = ", ".join(f"'{purpose}'" for purpose in REMOVED_BY_GPC)
    return f"IF({_GPC}, array_except({known}, array({removed})), {known})"


def beacon_allows(purpose: str) -> str:
    """SQL: the parsed beacon has the purpose; never NULL."""
    sent = f"coalesce({allows(_SENT, purpose)}, FALSE)"
    return f"({sent} AND NOT coalesce({_GPC}, FALSE))" if purpose in REMOVED_BY_GPC else sent


def may_be_stored(table: str) -> str:
    """SQL: the parsed beacon has all purposes without which nobody is in a row of the table."""
    return " AND ".join(map(beacon_allows, MATRIX[table].rows))


def withheld_fields(table: str, path: str) -> dict[str, str]:
    """Fields of entries with an ad_id that the table withholds, with the purpose that they need."""
    prefix = f"{path}[]."
    columns = MATRIX[table].columns.items()
    return {name.removeprefix(prefix): purpose for name, purpose in columns if name.startswith(prefix)}


def in_place_of(field: str) -> str | None:
    """What stands for a withheld value: an ad_id still says that there was one."""
    return WITHHELD if field == "ad_id" else None


def withhold(
    table: str, path: str, entries: Mapping[str, pa.Array], has_purpose: Mapping[str, Bools]
) -> dict[str, pa.Array]:
    """The fields of entries, withheld where an entry has an ad_id and its page view (`has_purpose`, by purpose, aligned
    with the entries) lacks the purpose."""
    has_ad = entries["ad_id"].is_valid()
    kept = dict(entries)
    for name, purpose in withheld_fields(table, path).items():
        is_withheld = pc.and_(has_ad, pa.array(~has_purpose[purpose]))
        kept[name] = pc.if_else(is_withheld, pa.scalar(in_place_of(name), entries[name].type), entries[name])
    return kept
