"""`python -m jobs.dictionary [--output FOLDER]` writes the dictionary's pages, to site/ by default."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.dictionary.site import write_site
from jobs.errors import HoverlakeError


def main(words: Sequence[str] | None = None) -> int:
    """Write the pages and say where; exit code 2 if they cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m jobs.dictionary", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("site"), help="folder of the pages [site]")
    folder = parser.parse_args(words).output
    try:
        written = write_site(folder)
    except HoverlakeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{len(written)} files in {folder}: open {folder / 'index.html'} in a browser")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
