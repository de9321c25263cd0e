import math

import pytest

from workbench.compare.run_use import read_use
from workbench.domain.events import CheckpointSaved, Finished, Heartbeat, Progress, Started, Warned
from workbench.storage.runlog import RunFolder


def started(at: float, resumed_from: int | None = None) -> Started:
    return Started(
        pid=1, device="cpu", device_name="a CPU", precision="fp32", versions={}, at=at, resumed_from=resumed_from
    )


def saved(step: int, at: float) -> CheckpointSaved:
    return CheckpointSaved(step=step, folder=f"checkpoints/checkpoint-{step}", seconds=1, at=at)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder(tmp_path)


def test_pauses_between_the_parts_of_a_run_are_left_out(folder):
    for event in (
        started(100),
        Progress(phase="training", step=1, total=9, memory_mib=500, at=101),
        Warned(code="x", message='it said "kind":"started" and more', at=102),
        saved(5, at=110),
        Finished(outcome="paused", step=5, at=112),
        started(500, resumed_from=5),
        Progress(phase="training", step=6, total=9, memory_mib=650.5, at=503),
        saved(9, at=508),
        Heartbeat(at=509),
    ):
        folder.append(event)
    use = read_use(folder.folder)
    assert use.seconds() == 12 + 9
    assert use.seconds(step=9) == 12 + 8
    assert use.seconds(step=5) == 10
    assert use.memory_mib == 650.5


def test_every_gpu_that_a_run_held_counts_and_a_cpu_that_its_processes_share_counts_once(folder):
    for event in (
        started(100).model_copy(update={"device": "cuda:0", "processes": 2}),
        saved(5, at=110),
        Finished(outcome="paused", step=5, at=112),
        started(500, resumed_from=5).model_copy(update={"device": "cuda:0"}),
        Heartbeat(at=504),
    ):
        folder.append(event)
    use = read_use(folder.folder)
    assert (use.seconds(), use.device_seconds(), use.device_seconds(step=5)) == (12 + 4, 2 * 12 + 4, 2 * 10)
    folder.append(started(600).model_copy(update={"processes": 2}))
    folder.append(Heartbeat(at=603))
    assert read_use(folder.folder).device_seconds() == 2 * 12 + 4 + 3


def test_a_torn_last_line_is_passed_over(folder):
    folder.append(started(100))
    folder.append(Heartbeat(at=107))
    with (folder.folder / "events.jsonl").open("ab") as log:
        log.write(b'{"at":999.0,"kind":"heart')
    assert read_use(folder.folder).seconds() == 7


def test_a_run_without_a_log_took_nobody_knows_what(folder):
    assert math.isnan(read_use(folder.folder).seconds())
    assert math.isnan(read_use(folder.folder).memory_mib)
