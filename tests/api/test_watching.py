"""Runs are watched from where the last look ended, and their queue is put into order."""

import time
from pathlib import Path

import numpy as np
import pytest
from evaluated_runs import realistic

from workbench import api
from workbench.domain.events import Metrics
from workbench.domain.experiments import Experiment
from workbench.domain.records import ProcessMark
from workbench.jobs import launch
from workbench.jobs.queue import read_queue
from workbench.storage.project import Project


def _said(project: Project, run_id: str, *steps: int) -> None:
    for step in steps:
        project.run(run_id).append(Metrics(step=step, seconds=1.0, values={"loss": 1 / step}))


def test_a_run_is_read_from_where_it_was_left(project: Project) -> None:
    _said(project, "dpo-s0-aaaa", 1, 2)
    first = api.read_run(project, "dpo-s0-aaaa")
    _said(project, "dpo-s0-aaaa", 3)
    then = api.read_run(project, "dpo-s0-aaaa", first.offset)
    assert ([event.step for event in first.events], [event.step for event in then.events]) == ([1, 2], [3])
    assert (then.began_anew, then.more) == (False, False)


def test_a_log_that_began_anew_is_said_to(project: Project) -> None:
    _said(project, "dpo-s0-aaaa", 1, 2, 3)
    offset = api.read_run(project, "dpo-s0-aaaa").offset
    (project.run_folder("dpo-s0-aaaa") / "events.jsonl").unlink()
    _said(project, "dpo-s0-aaaa", 7)
    news = api.read_run(project, "dpo-s0-aaaa", offset)
    assert news.began_anew
    assert [event.step for event in news.events] == [7]


def test_a_stored_recipe_marks_what_differs_from_the_default(tmp_path: Path) -> None:
    project = realistic(tmp_path / "p", seeds=(0,), n_prompts=4, steps=1)
    run = api.find_run(project, "dpo-0.03")
    changed = {setting.name: setting.value for setting in api.run_recipe(project, run) if setting.is_changed}
    assert changed == {"beta": 0.03}


def test_a_worker_that_is_gone_is_told_of_before_anybody_wrote_it_down(project: Project) -> None:
    run = project.run("ppo-s1-cccc")
    run.clear_outcome()
    (run.folder / "worker.log").write_text("step 3\n")
    run.write_process(ProcessMark(pid=1, started=time.time(), device="cpu", host="another computer"))
    outcome = api.run_outcome(project, "ppo-s1-cccc")
    assert outcome is not None
    assert (outcome.state, outcome.log_tail) == ("vanished", "step 3")


def test_the_queue_takes_the_order_that_a_person_gives_it(project: Project) -> None:
    jobs = project.jobs()
    for job in jobs:
        project.run(job.id).clear_outcome()
    launch.enqueue(project, jobs, wake=False)
    api.order_queue(project, ["ppo-s1-cccc", "gone"])
    assert read_queue(project).run_ids == ["ppo-s1-cccc", "dpo-s0-aaaa", "dpo-s0-aabb"]
    (shown,) = api.show_experiments(project)
    assert shown.run_ids == ["ppo-s1-cccc", "dpo-s0-aaaa", "dpo-s0-aabb"]
    assert shown.places["dpo-s0-aabb"] == 3


def test_runs_are_grouped_by_their_experiment_under_its_names(tmp_path: Path) -> None:
    project = realistic(tmp_path / "p", seeds=(0,), n_prompts=4, steps=1)
    (shown,) = api.show_experiments(project)
    assert shown.name == "stories"
    assert shown.arms[api.find_run(project, "dpo-0.03")] == "DPO β=0.03"


def test_samples_of_a_training_run_are_those_of_its_evaluation(tmp_path: Path) -> None:
    project = realistic(tmp_path / "p", seeds=(0,), n_prompts=4, steps=2)
    samples = api.run_samples(project, api.find_run(project, "ppo"), n_prompts=2)
    assert [(sample.step, sample.prompt) for sample in samples[:3]] == [
        (50, "Prompt 0"),
        (50, "Prompt 1"),
        (100, "Prompt 0"),
    ]
    assert set(samples[0].scores) == {"gold", "proxy"}


def test_an_experiment_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    raw = {"name": "e", "model": "m", "dataset": "d", "sft": True, "arms": [{"method": "dpo", "beta": 0.3}]}
    experiment = Experiment.parse(raw, where="here")
    api.write_experiment(experiment, tmp_path / "e.yaml")
    assert api.read_experiment(tmp_path / "e.yaml") == experiment


@pytest.mark.parametrize(
    ("group", "name", "kind", "bounds"),
    [("dpo", "beta", "number", "more than 0, at most 100"), ("sft", "lora_rank", "whole", "at least 0, at most 1,024"),
     ("ppo", "adaptive_kl", "flag", ""), ("dpo", "precision", "choice", ""), ("experiment", "judges", "list", "")],
)  # fmt: skip
def test_a_form_learns_what_to_ask_for(group: str, name: str, kind: str, bounds: str) -> None:
    view = next(view for view in api.list_settings(group) if view.name == name)
    assert (view.kind, view.bounds) == (kind, bounds)


def test_a_metric_is_smoothed_over_a_share_of_its_steps() -> None:
    steps, values = np.array([10.0, 20.0]), np.array([0.0, 1.0])
    assert api.smooth_metric(steps, values, 100).tolist() == pytest.approx([0, 1 / 1.5])  # one half-life lies between
    assert api.smooth_metric(steps, values, 0).tolist() == [0, 1]
    assert api.smooth_metric(steps[:0], values[:0], 100).tolist() == []
