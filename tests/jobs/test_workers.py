import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from workbench.domain.records import ProcessMark
from workbench.jobs.workers import Worker, start_worker
from workbench.storage.liveness import is_working, mark_process
from workbench.storage.runlog import RunFolder

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# A child in the worker's session, and one that left it.
FAMILY = """
import subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
print(*(child.pid for child in children), flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def start(run: RunFolder, command: list[str]) -> Worker:
    worker = start_worker(run, command, "cpu", {"COLOUR": "green"})
    assert worker is not None
    return worker


def is_dead(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_for_log(run: RunFolder) -> str:
    deadline = time.monotonic() + 60
    while not run.log_tail() and time.monotonic() < deadline:
        time.sleep(0.01)
    return run.log_tail()


def test_a_worker_is_marked_and_ended(run: RunFolder) -> None:
    worker = start(run, SLEEP)
    assert run.process() == worker.mark == mark_process(worker.mark.pid, "cpu")
    assert worker.is_alive()
    assert is_working(run)
    assert worker.end() == -signal.SIGKILL
    assert not worker.is_alive()
    assert not is_working(run)


def test_a_second_worker_is_not_started_beside_the_first(run: RunFolder) -> None:
    worker = start(run, SLEEP)
    assert start_worker(run, SLEEP, "cpu", {}) is None
    worker.end()


def test_everything_a_worker_prints_is_in_its_log(run: RunFolder) -> None:
    script = (
        "import os, sys; print(os.environ['COLOUR'], os.getcwd()); print('oh', file=sys.stderr); os.write(2, b'raw')"
    )
    worker = start(run, [sys.executable, "-u", "-c", script])
    while worker.is_alive():
        time.sleep(0.01)
    assert worker.end() == 0
    assert run.log_tail() == f"green {run.folder}\noh\nraw"


def test_a_worker_cannot_be_killed_with_its_starter_by_ctrl_c(run: RunFolder) -> None:
    worker = start(run, [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"])
    assert wait_for_log(run) == "True"
    worker.end()


@pytest.mark.parametrize("adopted", [False, True])
def test_ending_a_worker_ends_its_whole_family(run: RunFolder, adopted: bool) -> None:
    worker = start(run, [sys.executable, "-c", FAMILY])
    children = [int(pid) for pid in wait_for_log(run).split()]
    code = (Worker(run, worker.mark) if adopted else worker).end()
    assert code == (None if adopted else -signal.SIGKILL)
    worker.end()
    assert len(children) == 2
    assert all(is_dead(pid) for pid in children)


def test_a_stranger_with_the_workers_old_pid_is_left_alone(run: RunFolder) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as stranger:
        mark = mark_process(stranger.pid, "cpu")
        assert mark is not None
        old: ProcessMark = mark.model_copy(update={"started": mark.started - 1000})
        worker = Worker(run, old)
        assert not worker.is_alive()
        worker.end()
        assert stranger.poll() is None
        stranger.kill()


def test_a_mark_from_another_computer_or_before_the_restart_ends_nobody(run: RunFolder) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as stranger:
        mark = mark_process(stranger.pid, "cpu")
        assert mark is not None
        Worker(run, mark.model_copy(update={"host": "another computer"})).end()
        assert stranger.poll() is None
        stranger.kill()


# A session whose leader is gone; its child lives on.
# The child says its number itself: its environment, by which it is known, can be read a moment after its start only.
ORPHANING = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"])
"""


def test_the_orphans_of_another_session_under_the_workers_old_number_are_left_alone(run: RunFolder) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHANING], start_new_session=True, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        child = int(leader.stdout.readline())
        leader.wait()
    Worker(run, ProcessMark(pid=leader.pid, started=time.time() - 1, device="cpu", host=platform.node())).end()
    assert not is_dead(child)
    os.kill(child, signal.SIGKILL)


def test_the_orphans_of_a_dead_worker_are_ended_by_the_next_runner(run: RunFolder) -> None:
    worker = start(run, [sys.executable, "-c", "import os; print(os.environ['WORKBENCH_RUN'])"])
    assert wait_for_log(run) == str(run.folder)
    worker.end()
    ours = dict(os.environ) | {"WORKBENCH_RUN": str(run.folder)}
    command = [sys.executable, "-c", ORPHANING]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, env=ours) as leader:
        mark = mark_process(leader.pid, "cpu")
        assert mark is not None
        assert leader.stdout is not None
        child = int(leader.stdout.readline())
        leader.wait()
    Worker(run, mark).end()
    assert is_dead(child)
