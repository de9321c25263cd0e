"""PPO and DPO of half a billion parameters on a GPU, the workbench against TRL's trainers.

`python tests/benchmarks/on_gpu [--shape qwen|llama|tiny] [--steps 8] [--peer PYTHON] [--peak TFLOPS] [--out FOLDER]`. DPO
stands against the TRL that is installed; PPO against TRL 1.12, the last with a PPOTrainer, by the Python that `--peer` names
(`build/bench/peer/bin/python` after `make bench`); without it that column stays empty. Both sides compute in bf16 under
autocast, in turns. Writes Markdown and JSON. `--shape tiny` runs on a CPU, in fp32, and shows no more than that it works.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import shapes  # noqa: E402

# Dense bf16 products with fp32 sums, in FLOP/s, by the makers' data sheets.
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "RTX 4090": 165e12, "B200": 2250e12}
WARM_UP = 2  # steps that are not counted
# Passes over a token that each algorithm asks for, forward counted once and backward twice (2001.08361, section 2.1). DPO:
# the policy forth and back, the reference forth. PPO: sampling, reward, reference and value, then policy and value forth and
# back in each epoch. What a side computes besides, as padding or a pass twice, is not work.
PASSES = {"dpo": 3 + 1, "ppo": 4 + shapes.EPOCHS * (3 + 3)}


def main() -> None:
    """Runs all trials and writes the table."""
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    found = {
        what: trial(what, given) for what in ("ours-ppo", "trl-ppo", "ours-dpo", "trl-dpo") if python_of(what, given)
    }
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    (given.out / "results.json").write_text(json.dumps({"date": date, "shape": given.shape, "trials": found}, indent=2))
    table = "\n".join([head(date, given, found), "", *rows(found, given), ""])
    (given.out / "table.md").write_text(table)
    print(table)


def arguments() -> argparse.Namespace:
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=list(shapes.SHAPES), default="qwen")
    parser.add_argument("--steps", type=int, default=8, help="of each trial; the first two warm up")
    parser.add_argument("--peer", type=Path, help="a Python with TRL 1.12")
    parser.add_argument("--peak", type=float, help="of the card, in TFLOP/s, where it is not known here")
    parser.add_argument("--out", type=Path, default=Path("build/on_gpu"))
    return parser.parse_args()


def python_of(what: str, given: argparse.Namespace) -> str | None:
    """Returns the Python that a trial runs in; None where there is none for it."""
    if what != "trl-ppo":
        return sys.executable
    return str(given.peer.absolute()) if given.peer else None


def trial(what: str, given: argparse.Namespace) -> dict[str, Any]:
    """Runs one trial in a process of its own, so that each starts with an empty card."""
    record = given.out.absolute() / f"{what}.json"
    command = [str(python_of(what, given)), str(HERE / "trial.py"), what, given.shape, str(given.steps), str(record)]
    quiet = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "TRL_EXPERIMENTAL_SILENCE": "1"}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(record.read_text())
    return found


def head(date: str, given: argparse.Namespace, found: dict[str, dict[str, Any]]) -> str:
    """Returns what was measured, where and how."""
    one = found["ours-ppo"]
    form = "bf16" if one["bf16"] else "fp32"
    return f"{date}, {one['device']}, shape {given.shape}, {form}; medians of {given.steps - WARM_UP} steps."


def rows(found: dict[str, dict[str, Any]], given: argparse.Namespace) -> list[str]:
    """Returns the table: tokens a second, share of the card's peak, and memory, side by side."""
    lines = ["| | ours | TRL | ratio |", "| --- | --- | --- | --- |"]
    for method in ("ppo", "dpo"):
        sides = [found.get(f"{side}-{method}") for side in ("ours", "trl")]
        rates = [rate(side) for side in sides]
        ratio = f"{rates[0] / rates[1]:.2f}" if rates[0] and rates[1] else ""
        lines.append(row(f"{method.upper()}, tokens/s", [r and f"{r:,.0f}" for r in rates], ratio))
        shares = [share(r, method, side, given) for r, side in zip(rates, sides, strict=True)]
        lines.append(row(f"{method.upper()}, share of the peak", [s and f"{s:.1%}" for s in shares], ""))
        peaks = [side and side["memory_mib"] for side in sides]
        lines.append(row(f"{method.upper()}, peak memory", [m and f"{m:,.0f} MiB" for m in peaks], ""))
    return lines


def row(what: str, values: list[str | None], ratio: str) -> str:
    """Returns a row of the table; what was not measured stays empty."""
    return f"| {what} | {' | '.join(value or '' for value in values)} | {ratio} |"


def rate(side: dict[str, Any] | None) -> float | None:
    """Returns real tokens a second, padding left out."""
    return side and median(step["tokens"] / step["seconds"] for step in side["steps"][WARM_UP:])


def share(
    tokens_per_s: float | None, method: str, side: dict[str, Any] | None, given: argparse.Namespace
) -> float | None:
    """Returns the algorithm's work as a share of what the card could do in that time."""
    if side is None or tokens_per_s is None:
        return None
    known = next((peak for name, peak in PEAKS.items() if name in side["device"]), None)
    peak = given.peak * 1e12 if given.peak else known
    return peak and tokens_per_s * PASSES[method] * 2 * shapes.read_parameters(given.shape) / peak


if __name__ == "__main__":
    main()
