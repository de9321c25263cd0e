from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.runners import CPU, command
from workbench.jobs.runner import Runner
from workbench.storage.liveness import find_process
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project.create(tmp_path / "project")
    yield project
    for run in project.run_folders():
        if (mark := run.process()) is not None and (process := find_process(mark)) is not None:
            process.kill()


@pytest.fixture
def runner(project: Project) -> Runner:
    return Runner(project, command, CPU, poll_s=0.02, grace_s=0.2)
