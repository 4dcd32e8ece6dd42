"""The contract of a mart in the Open Data Contract Standard (ODCS) v3.1, derived from its declaration and expectations.

What a contract promises holds for readers of published releases. Roles stand in it, never people.
"""

from __future__ import annotations

from typing import Any

from expectations.suites import expectations_of
from jobs.config import Settings
from jobs.dictionary.contract_quality import column_checks, table_checks
from warehouse_schema.derive import sql_type
from warehouse_schema.examples import example_row
from warehouse_schema.layers import LAYERS
from warehouse_schema.purposes import MATRIX
from warehouse_schema.shared import GROUP_SIZE_CAVEATS
from warehouse_schema.table import Array, Column, Table, Type

Json = dict[str, Any]

API_VERSION = "v3.1.0"
LOGICAL_TYPES = {
    "string": "string",
    "int": "integer",
    "long": "integer",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
USAGE = (
    "Read it at the version that a release pins, as hoverlake sql does, so that all tables of an answer are of one night. "
    "Columns marked isAdditive add up over any rows; visitor counts never do. NULL is not measured, or a key folded away "
    "in a remainder: it is not zero. A cursor is not a gaze."
)
KEY_NOTE = (
    "The primary key is the grain. Keys are NULL in remainders, where groups of too few visitors are folded together: "
    "it is unique, but not free of NULL."
)


def contract_of(table: Table) -> Json:
    """The contract as ODCS has it, in the order in which it is written."""
    layer = LAYERS[table.layer]
    caveats = (*table.caveats, KEY_NOTE, *GROUP_SIZE_CAVEATS)
    return {
        "version": table.version,
        "kind": "DataContract",
        "apiVersion": API_VERSION,
        "id": f"hoverlake-{table.name.replace('.', '-')}",
        "name": table.name,
        "status": "active",
        "dataProduct": "hoverlake",
        "description": {
            "purpose": table.meaning,
            "usage": USAGE,
            "limitations": "\n".join(f"- {caveat}" for caveat in caveats) + "\n",
        },
        "schema": [_schema(table)],
        "slaProperties": _service_levels(table),
        "team": {"name": layer.owner, "description": "Builds the tables, looks into what fails, decides on changes."},
        "roles": [
            {"role": "analyst", "access": "read", "description": f"Read by {layer.readers}."},
            {"role": "operator", "access": "write", "description": "Runs the night, the only writer."},
        ],
        "support": [
            {
                "channel": layer.owner,
                "scope": "issues",
                "description": "hoverlake report --date D and ops.dq_results say what failed, and who looks into it first.",
            }
        ],
        "customProperties": [
            _custom("format", "delta"),
            _custom("consentPurposes", list(MATRIX[table.name].rows)),
            _custom("isShownAsTotal", table.is_total),
        ],
    }


def _schema(table: Table) -> Json:
    checks = expectations_of(table, Settings().model_dump())
    return {
        "name": table.name.split(".")[1],
        "physicalName": table.name,
        "logicalType": "object",
        "physicalType": "table",
        "description": f"One row per {table.one_row_per}.",
        "dataGranularityDescription": table.one_row_per,
        "properties": [_property(table, column) | column_checks(column, checks) for column in table.columns],
        "quality": table_checks(table, checks),
    }


def _property(table: Table, column: Column) -> Json:
    found: Json = {"name": column.name, **_types(column.type)}
    bounds = {"minimum": column.low, "maximum": column.high}
    if known := {name: bound for name, bound in bounds.items() if bound is not None}:
        found["logicalTypeOptions"] = known
    found["required"] = not column.nullable
    if column.name in table.grain:
        found |= {"primaryKey": True, "primaryKeyPosition": table.grain.index(column.name) + 1}
    if column.name in table.partition_by:
        found |= {"partitioned": True, "partitionKeyPosition": table.partition_by.index(column.name) + 1}
    found["description"] = column.meaning
    found["classification"] = "personal" if column.personal else LAYERS[table.layer].classification
    value = example_row(table.name).get(column.name)
    if value is not None:
        found["examples"] = [value]
    custom = [_custom("unit", column.unit)] if column.unit else []
    custom += [_custom("isAdditive", True)] if column.name in table.additive else []
    return found | ({"customProperties": custom} if custom else {})


def _types(type_: Type) -> Json:
    if isinstance(type_, Array):
        return {
            "logicalType": "array",
            "physicalType": sql_type(type_),
            "items": {"name": "element", **_types(type_.of)},
        }
    assert isinstance(type_, str), "marts have scalars and lists of them"
    return {"logicalType": LOGICAL_TYPES[type_], "physicalType": sql_type(type_)}


def _service_levels(table: Table) -> list[Json]:
    element = table.name.split(".")[1]
    words = LAYERS[table.layer].freshness
    return [
        {
            "property": "latency",
            "value": LAYERS[table.layer].latency_days,
            "unit": "d",
            "element": element,
            "description": words,
        },
        {"property": "frequency", "value": 1, "unit": "d", "element": element},
        {"property": "retention", "value": table.retention_days, "unit": "d", "element": element},
    ]


def _custom(name: str, value: Any) -> Json:
    return {"property": name, "value": value}
