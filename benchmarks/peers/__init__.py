"""Other engines on the same raw files: each writes what it can of a night, as its experts would (see docs/benchmark.md)."""
