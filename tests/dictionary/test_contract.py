"""Contracts of marts: valid against the published schema of ODCS, complete, and fresh."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from expectations.suites import expectations_of
from jobs.config import Settings
from jobs.dictionary.contract import contract_of
from jobs.dictionary.contract_files import CHANGELOG, found_problems, kept_contracts, parsed, render, stale_contracts
from warehouse_schema import MARTS, Table

SCHEMA = Path(__file__).parent / "odcs" / "odcs-json-schema-v3.1.0.json"
VALIDATOR = Draft201909Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
DOCUMENTS = {mart.name: dict(parsed(render(contract_of(mart)))) for mart in MARTS}
every_mart = pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)


def document(mart: Table) -> dict[str, Any]:
    """The contract as a reader of the file has it."""
    return DOCUMENTS[mart.name]


def properties(mart: Table) -> dict[str, dict[str, Any]]:
    [schema] = document(mart)["schema"]
    return {column["name"]: column for column in schema["properties"]}


def test_the_schema_is_the_published_one() -> None:
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() in (SCHEMA.parent / "README.md").read_text(encoding="utf-8")
    Draft201909Validator.check_schema(VALIDATOR.schema)


@every_mart
def test_a_contract_is_valid_as_the_standard_has_it(mart: Table) -> None:
    assert [f"{list(e.path)}: {e.message}" for e in VALIDATOR.iter_errors(document(mart))] == []


@every_mart
def test_a_file_says_what_the_contract_says(mart: Table) -> None:
    assert document(mart) == contract_of(mart)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "Table"),
        (("apiVersion",), "v9"),
        (("owner",), "somebody"),
        (("schema", 0, "properties", 0, "logicalType"), "long"),
        (("schema", 0, "properties", 0, "unit"), "ms"),
        (("schema", 0, "properties", 0, "quality", 0, "mustBe"), None),
        (("slaProperties", 0, "value"), [1]),
        (("team", "people"), []),
    ],
    ids=str,
)
def test_what_the_standard_does_not_know_is_refused(path: tuple[Any, ...], value: Any) -> None:
    contract = copy.deepcopy(document(MARTS[0]))
    *parents, last = path
    place: Any = contract
    for step in parents:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value

    assert not VALIDATOR.is_valid(contract)


@every_mart
def test_a_contract_has_every_column_with_type_meaning_unit_and_an_example(mart: Table) -> None:
    columns = properties(mart)

    assert list(columns) == mart.column_names
    for column in mart.columns:
        told = columns[column.name]
        units = [c["value"] for c in told.get("customProperties", ()) if c["property"] == "unit"]
        assert told["description"] == column.meaning
        assert told["required"] is not column.nullable
        assert units == ([column.unit] if column.unit else [])
        assert told["classification"] == "internal"
        assert told["examples"] or column.nullable


@every_mart
def test_the_grain_is_the_primary_key_in_its_order(mart: Table) -> None:
    keys = {c["primaryKeyPosition"]: name for name, c in properties(mart).items() if c.get("primaryKey")}

    assert [keys[position] for position in sorted(keys)] == list(mart.grain)
    assert sorted(keys) == list(range(1, len(mart.grain) + 1))


@every_mart
def test_every_expectation_is_in_the_contract_with_its_severity_and_meaning(mart: Table) -> None:
    [schema] = document(mart)["schema"]
    checks = [*schema["quality"], *(check for c in schema["properties"] for check in c.get("quality", ()))]

    told = sorted((check["name"], check["severity"], check["description"]) for check in checks)

    wanted = expectations_of(mart, Settings().model_dump())
    assert told == sorted((e.name, e.severity, e.meaning) for e in wanted)


def test_a_contract_names_roles_and_no_person() -> None:
    for mart in MARTS:
        contract = document(mart)
        assert "members" not in contract["team"]
        assert {role["role"] for role in contract["roles"]} == {"analyst", "operator"}


def test_service_levels_are_those_of_the_declaration() -> None:
    contract = document(MARTS[0])

    levels = {level["property"]: (level["value"], level["unit"]) for level in contract["slaProperties"]}

    assert levels == {"latency": (1, "d"), "frequency": (1, "d"), "retention": (MARTS[0].retention_days, "d")}


def test_contracts_in_the_project_are_fresh_and_their_changes_have_versions_and_words() -> None:
    kept = kept_contracts()

    assert found_problems(kept, CHANGELOG.read_text(encoding="utf-8")) == []
    assert stale_contracts(kept) == [], "run make docs"
