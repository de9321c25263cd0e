"""A real worker process without learning: it says events, saves checkpoints, obeys requests, or misbehaves as told.

What it does stands in the run's recipe: `max_steps` steps of 0.02 s each. The name of the run says how it misbehaves.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from workbench.domain.events import Failed, Finished, Progress, Started
from workbench.domain.records import Outcome
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.runlog import RunFolder

STEP_S = 0.02


def main(folder: Path) -> None:
    run = RunFolder(folder)
    job = run.job()
    saved = run.checkpoints()
    step = saved[-1].step if saved else 0
    total = job.recipe.model_dump()["max_steps"]
    with (folder / "lives").open("a") as lives:
        lives.write(f"{os.getpid()} {os.environ['OMP_NUM_THREADS']} {os.environ['CUDA_VISIBLE_DEVICES']!r}\n")
    print("the worker speaks", flush=True)
    run.append(
        Started(
            pid=os.getpid(), device="cpu", device_name="none", precision="fp32", versions={}, resumed_from=step or None
        )
    )
    misbehave(run, job.name)
    while step < total:
        asked = run.stop_requested()
        if asked and job.name != "deaf":
            save(folder, step)
            end(run, "stopped" if asked == "stop" else "paused", step)
            return
        time.sleep(STEP_S)
        step += 1
        run.append(Progress(phase="training", step=step, total=total))
    save(folder, step)
    end(run, "finished", step)


def misbehave(run: RunFolder, name: str) -> None:
    if name == "failing":
        run.append(Failed(code="nan_loss", message="The loss is NaN.", hint="Lower the learning rate."))
        run.write_outcome(Outcome(state="failed", code="nan_loss", message="The loss is NaN.", hint="Lower the rate."))
        sys.exit(1)
    if name == "dying":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "parent":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (run.folder / "child").write_text(str(child.pid))
        os.kill(os.getpid(), signal.SIGKILL)


def save(folder: Path, step: int) -> None:
    temporary = folder / "checkpoints" / f".tmp-{step}"
    temporary.mkdir(parents=True)
    (temporary / "weights").write_text(str(step))
    commit_checkpoint(temporary, checkpoint_folder(folder, step), step, None, None, step * STEP_S)


def end(run: RunFolder, state: str, step: int) -> None:
    outcome = Outcome.model_validate({"state": state, "step": step})
    run.append(Finished.model_validate({"outcome": state, "step": step}))
    run.write_outcome(outcome)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
