import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from workbench.domain.records import ProcessMark
from workbench.storage.liveness import (
    find_process,
    is_working,
    lock_for_worker,
    mark_process,
    note_worker,
    started_before_boot,
    worker_mark,
)
from workbench.storage.runlog import RunFolder


def start(run: RunFolder, script: str) -> "subprocess.Popen[bytes]":
    lock = lock_for_worker(run, "cpu")
    assert lock is not None
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        pass_fds=(lock,),
        preexec_fn=lambda: note_worker(lock),  # noqa: PLW1509  (the test has one thread)
        stdout=subprocess.PIPE,
    )
    os.close(lock)
    return process


def test_a_run_works_exactly_while_its_process_lives(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert not is_working(run)
    with start(run, "import time; time.sleep(60)") as process:
        assert is_working(run)
        assert lock_for_worker(run, "cpu") is None
        process.kill()
    assert not is_working(run)


def test_a_run_works_while_a_forked_child_of_a_dead_worker_lives(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    script = "import os, time\nchild = os.fork()\nif child: print(child, flush=True)\nelse: time.sleep(60)"
    with start(run, script) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.wait()
        assert is_working(run)
        os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while is_working(run) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert not is_working(run)


def test_nobody_works_on_a_copy_of_a_working_run(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.folder.mkdir()
    with start(run, "import time; time.sleep(60)") as process:
        shutil.copytree(run.folder, tmp_path / "copy")
        assert not is_working(RunFolder(tmp_path / "copy"))
        process.kill()


def test_the_lock_names_the_worker_before_anybody_else_can(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with start(run, "import time; time.sleep(60)") as process:
        mark = worker_mark(run)
        assert mark is not None
        assert (mark.pid, mark.device) == (process.pid, "cpu")
        process.kill()


def test_a_process_is_known_by_its_pid_and_its_time() -> None:
    mark = mark_process(os.getpid(), "cpu")
    assert mark is not None
    assert find_process(mark) == psutil.Process()
    assert find_process(mark.model_copy(update={"started": mark.started - 100})) is None
    assert find_process(mark.model_copy(update={"host": "another computer"})) is None


def test_a_dead_process_is_not_found_even_before_it_is_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = mark_process(process.pid, "cpu")
    assert mark is not None
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert find_process(mark) is None
    process.communicate()
    assert mark_process(process.pid, "cpu") is None


def test_a_process_from_before_the_restart_is_told_from_others() -> None:
    now = ProcessMark(pid=1, started=time.time(), device="cpu", host=platform.node())
    assert not started_before_boot(now)
    assert started_before_boot(now.model_copy(update={"started": psutil.boot_time() - 60}))
