"""The benchmark for GPUs runs where there is none, with a shape of no size, so that on a GPU only its figures are new."""

import json
import os
import subprocess
import sys
from pathlib import Path

ON_GPU = Path(__file__).parent.parent / "benchmarks" / "on_gpu"


def test_the_tiny_shape_gives_a_table_and_leaves_empty_what_was_not_measured(tmp_path: Path) -> None:
    command = [sys.executable, str(ON_GPU), "--shape", "tiny", "--steps", "3", "--out", str(tmp_path)]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    trials = json.loads((tmp_path / "results.json").read_text())["trials"]
    assert trials.keys() == {"ours-ppo", "ours-dpo", "trl-dpo"}
    assert {len(trial["steps"]) for trial in trials.values()} == {3}
    # Both sides read the same pairs.
    assert [step["tokens"] for step in trials["ours-dpo"]["steps"]] == [
        step["tokens"] for step in trials["trl-dpo"]["steps"]
    ]
    cells = {line.split(" | ")[0]: [cell.strip() for cell in line.split("|")[2:5]] for line in table_of(tmp_path)}
    assert cells["| PPO, tokens/s"][1:] == ["", ""]  # there is no TRL 1.12 here
    assert cells["| DPO, share of the peak"] == ["", "", ""]  # no card


def table_of(folder: Path) -> list[str]:
    return (folder / "table.md").read_text().splitlines()[2:]
