import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.domain.errors import Busy
from workbench.storage.locks import only_one, short_lock

HOLD = """
import sys, time
from pathlib import Path
from workbench.storage.locks import only_one, short_lock
with short_lock(Path(sys.argv[1]), "the file"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / "lock"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.usefixtures("holder")
def test_a_lock_that_is_not_given_back_is_a_sentence(tmp_path: Path) -> None:
    lock = short_lock(tmp_path / "lock", "the project p", patience_s=0.1)
    with pytest.raises(Busy, match="Another process has been changing the project p for more than"), lock:
        pass


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path, holder: "subprocess.Popen[bytes]") -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with short_lock(tmp_path / "lock", "the file"):
        assert (tmp_path / "lock").exists()


def test_a_lock_is_given_back_when_its_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), short_lock(tmp_path / "lock", "the file"):
        raise RuntimeError
    with short_lock(tmp_path / "lock", "the file"):
        pass


def test_who_comes_second_to_long_work_is_told_so_at_once(tmp_path: Path) -> None:
    taken = Busy("It is taken.")
    with only_one(tmp_path / "lock", taken), pytest.raises(Busy, match="taken"), only_one(tmp_path / "lock", taken):
        pass
    with only_one(tmp_path / "lock", taken):
        pass
