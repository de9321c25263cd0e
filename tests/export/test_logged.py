import csv

import numpy as np
import pyarrow.parquet as pq
import pytest
from evaluated_runs import PaperRuns

from workbench.domain.errors import NotFound
from workbench.domain.events import Metrics
from workbench.export.logged import write_logged

ODD = 0.1 + 0.2  # 0.30000000000000004


@pytest.fixture
def two(runs: PaperRuns) -> PaperRuns:
    """Two runs that logged different metrics; the first one's arm is called as a formula begins."""
    kl = [Metrics(step=step, episodes=step, seconds=step / 3, values={"objective/kl": ODD * step}) for step in (1, 2)]
    runs.arm("=one", {}, events=kl, method="ppo")
    runs.arm("two", {}, seed=3, events=[Metrics(step=1, seconds=2.0, values={"loss": 0.5, "rewards/margins": 1.0})])
    return runs


def lines_of(path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_step_of_every_run_is_a_line_and_what_was_not_logged_is_empty(two, tmp_path):
    write_logged(two.project, tmp_path / "all.csv")
    first, second, third = lines_of(tmp_path / "all.csv")
    assert (first["arm"], first["method"], first["seed"], first["step"]) == ("'=one", "ppo", "0", "1")
    assert (float(second["objective/kl"]), second["loss"], second["tokens"]) == (ODD * 2, "", "")
    assert (third["run"], third["seed"], third["loss"], third["objective/kl"]) == ("two-s3", "3", "0.5", "")
    assert list(first)[-3:] == ["loss", "objective/kl", "rewards/margins"]


def test_parquet_has_the_same_numbers(two, tmp_path):
    write_logged(two.project, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    assert table["objective/kl"].to_pylist() == [ODD, ODD * 2, None]
    np.testing.assert_array_equal(table["seconds"], [1 / 3, 2 / 3, 2.0])


def test_of_some_runs_and_some_metrics(two, tmp_path):
    write_logged(two.project, tmp_path / "some.csv", ["two-s3"], ["loss"])
    (only,) = lines_of(tmp_path / "some.csv")
    assert (only["run"], only["loss"], list(only)[-1]) == ("two-s3", "0.5", "loss")


def test_many_runs_stand_in_their_order(runs, tmp_path):
    for seed in range(20):
        runs.arm("many", {}, seed=seed, events=[Metrics(step=1, seconds=1.0, values={"loss": float(seed)})])
    write_logged(runs.project, tmp_path / "all.csv")
    assert [float(line["loss"]) for line in lines_of(tmp_path / "all.csv")] == list(range(20))


def test_a_run_or_metric_that_is_not_there_is_named_and_nothing_is_left(two, tmp_path):
    with pytest.raises(NotFound, match="objective/k"):
        write_logged(two.project, tmp_path / "x.csv", metrics=["objective/k"])
    with pytest.raises(NotFound, match="two-s9"):
        write_logged(two.project, tmp_path / "x.csv", ["two-s9"])
    assert list(tmp_path.glob("*x.csv*")) == []


def test_without_anything_logged_that_is_said(runs, tmp_path):
    runs.start()
    with pytest.raises(NotFound, match="logged a metric yet"):
        write_logged(runs.project, tmp_path / "x.csv")
