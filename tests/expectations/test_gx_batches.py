"""Great Expectations is imported however Python was started."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_started_with_a_command_line_of_code_does_not_end_at_the_import() -> None:
    code = "import expectations.gx_batches, great_expectations; print('still here')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout.strip()) == (0, "still here"), done.stderr
