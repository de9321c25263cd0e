"""How long it takes to keep all that 200 runs logged as one CSV: `python tests/benchmarks/export_series.py`.

10,000 steps of 30 metrics each: 60 million numbers, 1.4 GB of text. Bound: 10 s, once the window has been open for as long
as the logs take to be kept as columns. Give the folder of a project that an earlier call made to measure it again.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from evaluated_runs import PaperRuns

from workbench import api
from workbench.storage.project import Project

N_RUNS, N_STEPS, N_METRICS = 200, 10_000, 30


def build(folder: Path) -> Project:
    """Makes the project: about 2 GB of logs, of which all runs have the same."""
    runs = PaperRuns(Project.create(folder, "sweep"), n_prompts=8)
    runs.start()
    lines = list(log_lines(np.random.default_rng(0)))
    for number in range(N_RUNS):
        run = runs.arm(f"arm {number:03}", {N_STEPS: [0.0] * 8})
        with (runs.project.run_folder(run.id) / "events.jsonl").open("a") as log:
            log.writelines(lines)
    return runs.project


def log_lines(random: np.random.Generator) -> list[str]:
    """Returns a line of metrics for every step."""
    lines = []
    for step, row in enumerate(random.normal(0, 1, (N_STEPS, N_METRICS)).tolist(), 1):
        line = {"at": float(step), "kind": "metrics", "step": step, "episodes": 64 * step, "tokens": 4000 * step,
                "seconds": 0.5 * step, "values": {f"objective/metric_{i:02}": value for i, value in enumerate(row)}}  # fmt: skip
        lines.append(json.dumps(line, separators=(",", ":")) + "\n")
    return lines


def main() -> None:
    """Exports everything twice: the first time with what the computer has to read from its disk."""
    given = len(sys.argv) > 1
    folder = Path(sys.argv[1]) if given else Path(tempfile.mkdtemp()) / "sweep"
    project = Project.open(folder) if folder.exists() else build(folder)
    print(f"the project is in {folder}", flush=True)
    api.prepare_logs(project)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        for words in ("first", "again"):
            begin, begin_cpu = time.perf_counter(), time.process_time()
            out = Path(place) / "series.csv"
            api.export_logged(project, out)
            wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            print(
                f"{words}: {wall:.2f} s, {cpu:.2f} s of processor time, {out.stat().st_size / 1e9:.2f} GB", flush=True
            )
    if not given:
        shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
