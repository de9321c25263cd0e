import subprocess
import sys
from pathlib import Path

import pytest

from workbench.domain.errors import NotFound
from workbench.jobs.queue import Queue, edit_queue, read_queue
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def test_a_project_begins_with_an_empty_queue(project: Project) -> None:
    assert read_queue(project) == Queue()


def test_runs_keep_their_order_and_stand_only_once() -> None:
    queue = Queue().with_runs(["a", "b"]).with_runs(["b", "c"])
    assert queue.run_ids == ["a", "b", "c"]
    assert queue.without("b").run_ids == ["a", "c"]


def test_priority_goes_before_order() -> None:
    queue = Queue().with_runs(["a", "b", "c"]).with_priority("c", 2).with_priority("b", 1)
    assert queue.run_ids == ["c", "b", "a"]
    with pytest.raises(NotFound, match="`d` is not in the queue"):
        queue.with_priority("d", 1)


def test_a_slot_takes_one_run_unless_more_are_set() -> None:
    queue = Queue(runs_per_slot={"cuda:0": 3})
    assert (queue.capacity("cpu"), queue.capacity("cuda:0")) == (1, 3)


def test_an_edit_that_fails_leaves_the_queue_as_it_was(project: Project) -> None:
    with pytest.raises(NotFound), edit_queue(project) as edit:  # noqa: PT012  (the edit is what fails)
        edit.queue = edit.queue.with_runs(["a"])
        edit.queue = edit.queue.with_priority("b", 1)
    assert read_queue(project).run_ids == []


def test_processes_that_queue_at_once_lose_no_run(project: Project) -> None:
    script = """
import sys
from pathlib import Path
from workbench.jobs.queue import edit_queue
from workbench.storage.project import Project
for i in range(10):
    with edit_queue(Project.open(Path(sys.argv[1]))) as edit:
        edit.queue = edit.queue.with_runs([f"{sys.argv[2]}{i}"])
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, project.folder, name]) for name in "ab"]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert sorted(read_queue(project).run_ids) == sorted(f"{name}{i}" for name in "ab" for i in range(10))


def test_a_run_that_is_put_back_stands_behind_those_that_stood_before_it() -> None:
    queue = Queue().with_runs(["a", "d"])
    assert queue.put_back("c", 0, ["a", "b", "c", "d"]).run_ids == ["a", "c", "d"]
    assert queue.put_back("first", 0, ["first", "a", "d"]).run_ids == ["first", "a", "d"]
    assert queue.put_back("urgent", 5, ["urgent", "a", "d"]).run_ids == ["urgent", "a", "d"]
