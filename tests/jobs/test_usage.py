"""What a run takes is that of its worker and all that it started."""

import subprocess
import sys
import time

import psutil
import pytest

from workbench.domain.recipes import DpoRecipe
from workbench.domain.records import Inputs, Job
from workbench.jobs.usage import UsageMeter
from workbench.storage.liveness import mark_process
from workbench.storage.project import Project

_WORK = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; block = bytearray(50_000_000); print('up'); time.sleep(60)"],
                         stdout=sys.stdout)
total = 0
while True:
    total += 1
"""


@pytest.fixture
def working(tmp_path):
    """A project whose only run is worked on by a process that computes and has a child with 50 MB."""
    project = Project.create(tmp_path / "project")
    project.add_job(Job(id="dpo-s0-aaaa", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=Inputs(model="m")))
    process = subprocess.Popen([sys.executable, "-u", "-c", _WORK], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    project.run("dpo-s0-aaaa").write_process(mark_process(process.pid, "cpu"))
    yield project, process
    for child in psutil.Process(process.pid).children():
        child.kill()
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_run_counts_with_its_children_between_two_looks(working):
    project, process = working
    meter = UsageMeter(project)
    (first,) = meter.look()
    assert (first.run_id, first.device, first.pid) == ("dpo-s0-aaaa", "cpu", process.pid)
    assert first.cpu_percent is None
    assert first.memory_mib > 50_000_000 / 2**20
    assert first.gpu_mib is None
    uses = [first]
    while not uses[0].cpu_percent:
        time.sleep(0.5)  # the system counts in hundredths of a second, so a look right after another sees too much
        uses = meter.look()
    assert 0 < uses[0].cpu_percent <= 400
    assert uses[0].seconds > 0


def test_a_run_whose_worker_is_gone_takes_nothing(working):
    project, _ = working
    meter = UsageMeter(project)
    meter.look()
    project.run("dpo-s0-aaaa").clear_process()
    assert meter.look() == []
