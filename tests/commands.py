"""The command line as tests call it."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any


def workbench(*arguments: str | Path, code: int = 0) -> Any:
    """Runs a command with --json and returns what it printed."""
    command = [sys.executable, "-m", "workbench", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def first_lines(source: Path, target: Path, n: int) -> Path:
    with source.open(encoding="utf-8") as lines:
        target.write_text("".join(islice(lines, n)), encoding="utf-8")
    return target
