"""How long 100,000 evaluated responses take to compare, and how much memory: `python tests/benchmarks/compare_many_samples.py`.

10 arms of 2 seeds, each evaluated at 5 checkpoints on 1,000 prompts, with texts and four scores.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from evaluated_runs import PaperRuns

from workbench import api
from workbench.domain import samples as columns
from workbench.storage.project import Project

N_ARMS, N_SEEDS, N_CHECKPOINTS, N_PROMPTS = 10, 2, 5, 1_000


def build(folder: Path) -> Project:
    """Makes the project."""
    runs, random = PaperRuns(Project.create(folder, "samples"), N_PROMPTS), np.random.default_rng(0)
    for seed in range(N_SEEDS):
        runs.start(random.normal(0, 1, N_PROMPTS).tolist(), seed, **scores(random, 0.0))
        for number in range(N_ARMS):
            steps = [100 * (at + 1) for at in range(N_CHECKPOINTS)]
            gold = {step: random.normal(number / 20 + step / 1000, 1, N_PROMPTS).tolist() for step in steps}
            runs.arm(
                f"arm {number}", gold, seed=seed, method="ppo" if number % 2 else "dpo",
                others={step: scores(random, step / 100) for step in steps},
            )  # fmt: skip
    return runs.project


def scores(random: np.random.Generator, kl: float) -> dict[str, list[object]]:
    """Returns what else was measured of the responses of one checkpoint."""
    words = np.array(["the", "film", "is", "a", "warm", "dull", "long", "story", "of", "two", "people", "in", "town"])
    return {
        columns.PROXY: random.normal(kl / 5, 1, N_PROMPTS).tolist(),
        columns.KL: random.gamma(4, 0.2 + kl / 4, N_PROMPTS).tolist(),
        columns.N_TOKENS: random.integers(10, 60, N_PROMPTS).tolist(),
        columns.RESPONSE: [" ".join(random.choice(words, 40)) for _ in range(N_PROMPTS)],
    }


def main() -> None:
    """Compares all, then asks for what is worked out only when it is looked at."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "samples"
    project = Project.open(folder) if folder.exists() else build(folder)
    print(f"the project is in {folder}")
    for words in ("all tables and intervals, first", "again"):
        begin = time.perf_counter(), time.process_time()
        comparison = api.compare_runs(project)
        told(words, begin)
    begin = time.perf_counter(), time.process_time()
    api.compare_answers(project, comparison, 5_000)
    told("answers side by side", begin)
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


def told(words: str, begin: tuple[float, float]) -> None:
    """Says how long something took, by the clock and of the processor."""
    wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
    print(f"{words}: {wall:.2f} s, {cpu:.2f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
