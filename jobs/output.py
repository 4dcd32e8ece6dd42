"""Files that a command writes for people: their endings, and what is said if they cannot be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import UsageError


def check_suffix(output: Path, suffixes: Sequence[str]) -> None:
    """UsageError for a file with another ending than those of `suffixes`, two at least."""
    if output.suffix.lower() not in suffixes:
        raise UsageError(f"--output {output} must end in {', '.join(suffixes[:-1])} or {suffixes[-1]}.")


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """The block writes `output`, a file or a folder; its OSError becomes a UsageError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}. Choose another --output.") from error
