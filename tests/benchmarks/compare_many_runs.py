"""How long the Compare page takes to open with 200 runs of 10,000 steps: `python tests/benchmarks/compare_many_runs.py`.

50 arms of 4 seeds, each with a log of 10,000 steps and an evaluation of 4 checkpoints on 128 prompts. Give the folder of a
project that an earlier call made to measure it again.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from evaluated_runs import PaperRuns
from PySide6.QtCore import QEventLoop, QSettings, QTimer

from workbench import api
from workbench.domain import samples as columns
from workbench.domain.recipes import DpoRecipe, PpoRecipe
from workbench.storage.project import Project
from workbench.ui.application import make_application
from workbench.ui.session import Session
from workbench.ui.theme import Look
from workbench.ui.window import MainWindow

N_ARMS, N_SEEDS, N_STEPS, N_PROMPTS, N_CHECKPOINTS = 50, 4, 10_000, 128, 4


def build(folder: Path) -> Project:
    """Makes the project: about 900 MB of logs."""
    runs = PaperRuns(Project.create(folder, "sweep"), N_PROMPTS)
    random = np.random.default_rng(0)
    for seed in range(N_SEEDS):
        runs.start(random.normal(0, 1, N_PROMPTS).tolist(), seed)
        for number in range(N_ARMS):
            steps = [N_STEPS * (i + 1) // N_CHECKPOINTS for i in range(N_CHECKPOINTS)]
            gold = {step: random.normal(number / 50 + step / N_STEPS, 1, N_PROMPTS).tolist() for step in steps}
            more = {step: {columns.KL: random.gamma(4, 1 + step / 4000, N_PROMPTS).tolist()} for step in steps}
            method, recipe = (
                ("ppo", PpoRecipe(kl_coef=0.01 + number / 1000))
                if number % 2
                else ("dpo", DpoRecipe(beta=0.01 + number / 1000))
            )
            run = runs.arm(f"arm {number:02}", gold, seed=seed, others=more, recipe=recipe, method=method)
            write_log(runs.project.run_folder(run.id) / "events.jsonl", random)
    return runs.project


def write_log(path: Path, random: np.random.Generator) -> None:
    """Adds a line of metrics for every step, as long as PPO's are."""
    noise = random.normal(0, 1, (N_STEPS, 10))
    with path.open("a") as log:
        for step in range(1, N_STEPS + 1):
            values = {f"objective/metric_{i}": float(value) for i, value in enumerate(noise[step - 1])}
            values |= {"objective/kl": step / 1000 + values["objective/metric_0"], "objective/length": 48.0}
            line = {"at": float(step), "kind": "metrics", "step": step, "episodes": 64 * step, "tokens": 4000 * step,
                    "seconds": 0.5 * step, "values": values}  # fmt: skip
            log.write(json.dumps(line, separators=(",", ":")) + "\n")


def now() -> tuple[float, float]:
    """Returns the clock's time and the processor's: on a computer that does other things too, the second counts."""
    return time.perf_counter(), time.process_time()


def timed(words: str, begin: tuple[float, float]) -> None:
    """Says how long something took."""
    wall, cpu = (end - start for end, start in zip(now(), begin, strict=True))
    print(f"{words}: {wall:.2f} s, {cpu:.2f} s of processor time", flush=True)


def main() -> None:
    """Compares without a window, then opens the page, for the first time and again."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "sweep"
    project = Project.open(folder) if folder.exists() else build(folder)
    print(f"the project is in {folder}")
    for words in ("compared, first", "compared, again"):
        begin = now()
        comparison = api.compare_runs(project)
        timed(words, begin)
    begin = now()
    api.compare_answers(project, comparison, 5_000)
    timed("answers", begin)
    begin = now()
    api.compare_runs(project, view=api.View(panels=("objective/kl",)))
    timed("a metric of training", begin)
    open_page(folder)


def open_page(folder: Path) -> None:
    """Opens the page as a person does, in a process that has read the project before."""
    application = make_application(["benchmark"])
    session = Session(QSettings(str(folder.parent / "settings.ini"), QSettings.Format.IniFormat))
    look = Look("light")
    look.dress()
    window = MainWindow(session, look)
    window.resize(1280, 800)
    window.show()
    session.open(folder)
    wait_for(lambda: session.view is not None)
    begin = now()
    window.show_page("experiments")
    wait_for(lambda: window.page.tree.topLevelItemCount() > 0)
    timed("the runs are listed", begin)
    begin = now()
    window.show_page("compare")
    wait_for(lambda: window.page.comparison is not None)
    timed("the comparison is there", begin)
    wait_for(lambda: window.page._drawing.is_done)
    timed("the page is filled", begin)
    session.stop()
    application.processEvents()


def wait_for(is_so: Callable[[], bool]) -> None:
    """Runs an event loop as the program does, asleep while nothing happens, until something is so."""
    loop = QEventLoop()
    look = QTimer(interval=5)
    look.timeout.connect(lambda: loop.quit() if is_so() else None)
    look.start()
    loop.exec()


if __name__ == "__main__":
    main()
