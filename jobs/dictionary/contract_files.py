"""Contracts as files: docs/contracts/<mart>.odcs.yaml, each the last one that readers were promised.

`python -m jobs.dictionary.contract_files` brings them up to date, but none whose change lacks its version or its words in
CHANGELOG.md: it says so, leaves all files as they are and exits 1. With `--check` it only says what it would do.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from jobs.dictionary.contract import Json, contract_of
from jobs.dictionary.contract_versions import problems, retirement_problems
from warehouse_schema import MARTS

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docs" / "contracts"
CHANGELOG = PROJECT / "CHANGELOG.md"
SUFFIX = ".odcs.yaml"
GENERATED = (
    "# Written by `make docs` from warehouse_schema/ and expectations/: change the declaration, not this file.\n"
)


def render(contract: Json) -> str:
    """The contract as YAML: lines are never folded, so that a diff shows what changed."""
    yaml = YAML()
    yaml.width = 10_000
    text = io.StringIO()
    yaml.dump(_with_blocks(contract), text)
    return GENERATED + text.getvalue()


def parsed(text: str) -> Json:
    """A contract from its file."""
    document: Json = YAML(typ="safe").load(text)
    return document


def kept_contracts(folder: Path = FOLDER) -> dict[str, str]:
    """Files of the folder, as text, by the name of their mart."""
    return {p.name.removesuffix(SUFFIX): p.read_text(encoding="utf-8") for p in sorted(folder.glob(f"*{SUFFIX}"))}


def found_problems(kept: Mapping[str, str], changelog: str) -> list[str]:
    """What keeps the contracts of marts from taking the place of the kept ones, and those of marts gone from going."""
    found = []
    for mart in MARTS:
        text = kept.get(mart.name)
        found += problems(mart.name, parsed(text) if text else None, contract_of(mart), changelog)
    gone = kept.keys() - {mart.name for mart in MARTS}
    return found + [said for name in sorted(gone) for said in retirement_problems(name, parsed(kept[name]), changelog)]


def stale_contracts(kept: Mapping[str, str]) -> list[str]:
    """Marts whose file differs from their declaration, is missing, or is left over."""
    wanted = {mart.name: render(contract_of(mart)) for mart in MARTS}
    return sorted(name for name in wanted.keys() | kept.keys() if wanted.get(name) != kept.get(name))


def write_contracts(folder: Path, names: Sequence[str]) -> None:
    """Write the contracts of these marts, or remove what is left of them."""
    folder.mkdir(parents=True, exist_ok=True)
    declared = {mart.name: mart for mart in MARTS}
    for name in names:
        path = folder / f"{name}{SUFFIX}"
        if name in declared:
            path.write_text(render(contract_of(declared[name])), encoding="utf-8")
        else:
            path.unlink()


def _with_blocks(value: Any) -> Any:
    """The same, with texts of several lines as blocks of lines."""
    if isinstance(value, Mapping):
        return {name: _with_blocks(of) for name, of in value.items()}
    if isinstance(value, list | tuple):
        return [_with_blocks(of) for of in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value


def main(words: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the files, or with --check only say which are stale; exit code 1 if a change lacks version or words."""
    kept = kept_contracts(folder)
    found = found_problems(kept, CHANGELOG.read_text(encoding="utf-8"))
    stale = stale_contracts(kept)
    if "--check" in words:
        found += [f"docs/contracts/{name}{SUFFIX} is stale: run make docs." for name in stale]
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    write_contracts(folder, [] if "--check" in words else stale)
    print(f"{len(stale)} of {len(MARTS)} contracts written in docs/contracts/" + "".join(f"\n  {n}" for n in stale))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
