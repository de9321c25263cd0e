"""The workbench against TRL on one task, in one run: `make bench`, or `python tests/benchmarks/against_trl [SIZE ...]`.

PPO stands against TRL 1.12, the last with a PPOTrainer, in an environment of its own under `build/bench`; DPO, the reward
model and SFT against TRL 1.16. The two sides take turns, so that a busy moment of the machine hits both, and what is
reported are medians of ratios. Writes `build/bench/table.md`, `results.json` and `curves.svg`.
"""

import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import task
from matplotlib.figure import Figure

HERE = Path(__file__).parent
OUT = Path("build/bench")
PEER = OUT / "peer"
PINS = ("torch==2.13.0", "trl==1.12.0", "transformers==5.23.0", "datasets>=4", "accelerate>=1.10")
SEEDS = (1, 2, 3)
UPDATES = {"S": 16, "M": 4, "L": 3}  # 16 updates are the 1,024 episodes of the learning curve
GOLD = 1.0  # reached from about 0 by a policy that has learned what is asked
SCORED = 768  # texts that `scoring.py` scores
FIRST = 1  # updates that warm up and are not timed
Runs = list[list[dict[str, float]]]


def main(sizes: Sequence[str]) -> None:
    """Runs everything for these sizes and writes the table."""
    OUT.mkdir(parents=True, exist_ok=True)
    peer = make_peer()
    results: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "versions": versions()}
    lines = ["| | ours | TRL | ratio |", "| --- | --- | --- | --- |"]
    for size in sizes:
        say(f"making the task, {size}")
        run(sys.executable, "task.py", OUT / "work", size)
        results[size] = ppo(peer, size) | offline(size) | {"scoring": record(sys.executable, "scoring.py", size)}
        lines += rows_of(size, results[size])
    (OUT / "results.json").write_text(json.dumps(results, indent=2))
    head = f"{results['date']}, {results['machine']}, {results['versions']}; ratios of medians within one run."
    (OUT / "table.md").write_text("\n".join([head, "", *lines, ""]))
    if "S" in sizes:
        draw_curves(results["S"])
    print((OUT / "table.md").read_text())


def make_peer() -> Path:
    """Returns the Python of the peer's environment, made once."""
    python = PEER / "bin" / "python"
    if not python.exists():
        say("installing TRL 1.12 into an environment of its own")
        run(sys.executable, "-m", "venv", PEER)
        for pins in (PINS[:1], PINS[1:]):
            run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins)
    return python.absolute()


def ppo(peer: Path, size: str) -> dict[str, Any]:
    """Returns the records of every PPO run, by what ran."""
    kinds: dict[str, tuple[Path | str, str, tuple[str, ...]]] = {
        "trl": (peer, "trl_ppo.py", ()),
        "same algorithm": (sys.executable, "our_ppo.py", ("separate", "fp32")),
        "shared trunk": (sys.executable, "our_ppo.py", ("shared", "fp32" if size == "S" else "bf16")),
    }
    found: dict[str, Runs] = {name: [] for name in kinds}
    for seed in SEEDS:
        for name, (python, script, more) in kinds.items():
            say(f"PPO, {size}, {name}, seed {seed}")
            found[name].append(record(python, script, size, str(UPDATES[size]), str(seed), more=more))
    return {"ppo": found}


def offline(size: str) -> dict[str, Any]:
    """Returns seconds and losses of every other training, by method and setting."""
    found: dict[str, Any] = {}
    for kind, settings in {"dpo": ("default", "precompute"), "reward": ("default",), "sft": ("default",)}.items():
        for setting in (*settings, "fp32", "ours"):
            say(f"{kind}, {size}, {setting}")
            more = ("precompute",) if (kind, setting) == ("dpo", "ours") else ()
            found[f"{kind} {setting}"] = record(sys.executable, "offline.py", kind, size, setting, more=more)
    return found


def record(python: Path | str, script: str, *args: str, more: Sequence[str] = ()) -> Any:
    """Runs a script and returns what it wrote."""
    out = OUT / "record.json"
    run(python, script, OUT / "work", *args, out, *more)
    return json.loads(out.read_text())


def run(python: Path | str, script: str | Path, *args: object) -> None:
    """Runs a Python with paths relative to here; what it says is shown where it fails."""
    where = HERE / script if str(script).endswith(".py") else script
    command = [
        str(python),
        str(where),
        *(str(Path(arg).absolute()) if isinstance(arg, Path) else str(arg) for arg in args),
    ]
    quiet = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")


def rows_of(size: str, found: dict[str, Any]) -> list[str]:
    """Returns the table's rows of a size."""
    rows, trl = [], found["ppo"]["trl"]
    for name in ("same algorithm", "shared trunk"):
        ours = found["ppo"][name]
        times = [seconds_of(runs, lambda r: r["total"]) for runs in (ours, trl)]
        # Responses differ in length as the policies do, so the rate counts tokens.
        rates = [seconds_of(runs, lambda r: r["total"] / r["tokens"]) for runs in (ours, trl)]
        rows.append(row(f"PPO update, {name}, {size}", f"{times[0]:.2f} s", f"{times[1]:.2f} s", times[1] / times[0]))
        rows.append(row(f"the same for each token, {size}", *(f"{1e3 * r:.2f} ms" for r in rates), rates[1] / rates[0]))
    memory = [median(run[-1]["memory_mb"] for run in found["ppo"][name]) for name in ("same algorithm", "trl")]
    rows.append(row(f"peak memory of PPO, {size}", *(f"{m:.0f} MB" for m in memory), memory[0] / memory[1]))
    if UPDATES[size] >= UPDATES["S"]:
        rows += rows_of_learning(size, found["ppo"])
    names = {"dpo": "DPO, the reference read before,", "reward": "reward model", "sft": "SFT"}
    for kind, name in names.items():
        ours_s = median(found[f"{kind} ours"]["seconds"])
        for setting in ("default", "fp32", "precompute"):
            if (peer := found.get(f"{kind} {setting}")) is not None:
                peer_s = median(peer["seconds"])
                rates = [f"{16 / s:.0f} rows/s" for s in (ours_s, peer_s)]
                rows.append(row(f"{name} against TRL {setting}, {size}", *rates, peer_s / ours_s))
    for dtype in ("float32", "bfloat16"):
        ours_s, peer_s = (median(found["scoring"][f"{name} {dtype}"][FIRST:]) for name in ("ours", "theirs"))
        rates = [f"{SCORED / s:.0f} texts/s" for s in (ours_s, peer_s)]
        rows.append(row(f"scoring against padded batches of 16, {dtype}, {size}", *rates, peer_s / ours_s))
    return rows


def rows_of_learning(size: str, found: dict[str, Runs]) -> list[str]:
    """Returns what the episodes were worth: gold at the end, and the seconds until gold was 1."""
    rows = []
    for name in ("same algorithm", "shared trunk"):
        golds = [", ".join(f"{gold_at_end(run):.2f}" for run in found[kind]) for kind in (name, "trl")]
        rows.append(row(f"gold at the end, a seed each, {name}, {size}", *golds, None))
        times = [median(seconds_to_gold(run) for run in found[kind]) for kind in (name, "trl")]
        shown = ["never" if t == math.inf else f"{t:.0f} s" for t in times]
        ratio = times[1] / times[0] if math.inf not in times else None
        rows.append(row(f"seconds to gold {GOLD}, median of seeds, {name}, {size}", *shown, ratio))
    return rows


def row(what: str, ours: str, trl: str, ratio: float | None) -> str:
    """Returns a row of the table."""
    return f"| {what} | {ours} | {trl} | {'' if ratio is None else f'{ratio:.2f}'} |"


def seconds_of(runs: Runs, value: Callable[[dict[str, float]], float]) -> float:
    """Returns the median over all timed updates."""
    return median(value(record) for run in runs for record in run[FIRST:])


def gold_at_end(run: list[dict[str, float]]) -> float:
    """Returns the mean gold of the last three updates."""
    return sum(record["gold"] for record in run[-3:]) / 3


def seconds_to_gold(run: list[dict[str, float]]) -> float:
    """Returns the seconds of training until three updates in a row have a mean gold of `GOLD`; inf where none have."""
    for end in range(3, len(run) + 1):
        if gold_at_end(run[:end]) >= GOLD:
            return sum(record["total"] for record in run[:end])
    return math.inf


def draw_curves(found: dict[str, Any]) -> None:
    """Draws gold and reward over seconds of training, a line for each seed."""
    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    styles = {"same algorithm": ("#0072B2", "-"), "shared trunk": ("#009E73", "-."), "trl": ("#D55E00", "--")}
    names = {"same algorithm": "workbench", "shared trunk": "workbench, shared trunk", "trl": "TRL 1.12"}
    shown = {"gold": "gold score", "reward": "reward (proxy)"}
    for axes, (value, words) in zip(figure.subplots(1, 2), shown.items(), strict=True):
        axes.set(xlabel="seconds of training", ylabel=words)
        axes.spines[["top", "right"]].set_visible(False)
        for name, (colour, style) in styles.items():
            for number, run in enumerate(found["ppo"][name]):
                seconds = list(accumulate(record["total"] for record in run))
                label = names[name] if number == 0 else None
                axes.plot(seconds, [record[value] for record in run], style, color=colour, label=label, linewidth=1.3)
    figure.axes[0].legend(frameon=False, loc="upper left")
    for ending in ("svg", "png"):
        figure.savefig(OUT / f"curves.{ending}", dpi=160)


def machine() -> str:
    """Returns what the machine is, in words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, no GPU used"


def versions() -> str:
    """Returns what is compared, in words."""
    ours = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    return f"ours with {ours}; PPO's peer with {', '.join(PINS[:3]).replace('==', ' ')}"


def say(words: str) -> None:
    """Says what is going on."""
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


if __name__ == "__main__":
    main([size for size in sys.argv[1:] if size in task.SIZES] or ["S"])
