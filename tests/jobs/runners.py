"""Runners with pretended workers, and how to wait for what they do."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from workbench.jobs.machine import Slot
from workbench.jobs.runner import Runner
from workbench.jobs.states import run_states
from workbench.storage.project import Project

WORKER = Path(__file__).with_name("pretend_worker.py")
CPU = (Slot("cpu"),)
PATIENCE_S = 60.0


def command(folder: Path) -> list[str]:
    return [sys.executable, str(WORKER), str(folder)]


def states(project: Project) -> dict[str, str]:
    return {run_id: status.state.value for run_id, status in run_states(project).items()}


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def step_until(runner: Runner, condition: Callable[[], bool]) -> None:
    def look() -> bool:
        runner.step()
        return condition()

    wait_until(look)


def lives(project: Project, run_id: str) -> int:
    path = project.run_folder(run_id) / "lives"
    return len(path.read_text().splitlines()) if path.exists() else 0


def is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def background_runner(project: Project) -> "subprocess.Popen[bytes]":
    script = "import sys; from pathlib import Path; from workbench.jobs.machine import Slot; "
    script += "from workbench.jobs.runner import Runner; from workbench.storage.project import Project; "
    script += "command = lambda folder: [sys.executable, sys.argv[2], str(folder)]; "
    script += "Runner(Project.open(Path(sys.argv[1])), command, (Slot('cpu'),), poll_s=0.02).run()"
    return subprocess.Popen([sys.executable, "-c", script, project.folder, WORKER], start_new_session=True)
