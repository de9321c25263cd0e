"""Event files, read back by TensorBoard's own reader."""

import pytest
from evaluated_runs import PaperRuns

from workbench.api import export_event_files
from workbench.domain.errors import NotFound
from workbench.domain.events import Metrics

tensorboard = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
)


def read(folder):
    found = tensorboard.EventAccumulator(str(folder)).Reload()
    return {
        tag: [(value.step, value.value, value.wall_time) for value in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


@pytest.fixture
def trained(runs: PaperRuns):
    said = [
        Metrics(step=step, seconds=step, values={"objective/kl": step / 4, "loss": 1 / 4}, at=1000.0 + step)
        for step in (1, 2)
    ]
    job = runs.arm("ppo", {}, method="ppo", events=said)
    return runs.project, job.id


def test_tensorboard_reads_every_metric_under_its_name_with_its_time(trained, tmp_path):
    project, run_id = trained
    assert export_event_files(project, tmp_path / "logs", [run_id]) == [tmp_path / "logs" / run_id]
    assert read(tmp_path / "logs" / run_id) == {
        "objective/kl": [(1, 0.25, 1001.0), (2, 0.5, 1002.0)],
        "loss": [(1, 0.25, 1001.0), (2, 0.25, 1002.0)],
    }


def test_written_again_they_are_replaced(trained, tmp_path):
    project, run_id = trained
    for _ in range(2):
        export_event_files(project, tmp_path / "logs", [run_id])
    assert len(list((tmp_path / "logs" / run_id).glob("events.*"))) == 1


def test_a_run_that_is_not_there_is_refused(trained, tmp_path):
    with pytest.raises(NotFound):
        export_event_files(trained[0], tmp_path / "logs", ["nobody"])
    assert not (tmp_path / "logs").exists()
