"""Measures how long a million pairs take to import, and how much memory: `python tests/benchmarks/import_million.py [N]`.

The bounds are 90 s and 1.5 GB. Not a test: it takes a minute and half a gigabyte of disk.
"""

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from workbench.data.importing import import_file
from workbench.data.store import check_content

_WORDS = ("a", "dog", "ran", "over", "the", "small", "hill", "and", "found", "some", "old", "bread", "at", "it", "long")


def write_pairs(path: Path, n: int) -> None:
    """Writes n pairs of some 600 bytes, two to a prompt."""
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            chosen, rejected = (" ".join(draw.choices(_WORDS, k=50)) for _ in range(2))
            pair = {"prompt": f"Tell me story {i // 2}.", "chosen": f" {chosen} {i}", "rejected": f" {rejected}"}
            file.write(json.dumps(pair) + "\n")


def main() -> None:
    """Writes the file, imports it and prints the figures."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pairs.jsonl"
        write_pairs(source, n)
        began, cpu = time.perf_counter(), time.process_time()
        record, _, _ = import_file(source, Path(folder) / "dataset", "million")
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        check_content(Path(folder) / "dataset", record.content_sha256)
        checked = time.perf_counter() - began
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        size_mib = source.stat().st_size / 2**20
    print(
        f"{record.n_rows} pairs of {record.n_prompts} prompts ({size_mib:.0f} MiB): {seconds:.1f} s, {cpu_s:.1f} s of "
        f"processor time, {peak_mib:.0f} MiB at the peak; content checked in {checked:.1f} s"
    )


if __name__ == "__main__":
    main()
