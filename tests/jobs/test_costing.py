"""Plans of a small project whose finished runs are recorded logs."""

import json
import struct
from pathlib import Path

import pytest

from tests.jobs.planning import write_model
from workbench import api
from workbench.domain.events import Finished, Progress, Started
from workbench.domain.experiments import Experiment
from workbench.domain.pairs import plain
from workbench.domain.records import Job, Outcome
from workbench.jobs import costing, launch
from workbench.jobs.costing import cost_plan, cost_runs
from workbench.jobs.launch import set_runs_per_slot
from workbench.jobs.machine import Machine, Slot
from workbench.jobs.plan import plan
from workbench.jobs.sizing import Sizing
from workbench.storage.project import Project

CONFIG = {"hidden_size": 8, "num_hidden_layers": 2, "vocab_size": 32, "num_attention_heads": 2}


@pytest.fixture(autouse=True)
def one_cpu(monkeypatch):
    monkeypatch.setattr(costing, "find_slots", lambda: (Slot("cpu"),))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    pairs = [{"prompt": f"p{i:03}" * 4, "chosen": "c" * 20, "rejected": "r" * 40} for i in range(100)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    project = Project.create(tmp_path / "p")
    api.import_dataset(project, tmp_path / "pairs.jsonl", "pairs")
    write_model(project.folder / "m")
    (project.folder / "m" / "config.json").write_text(json.dumps(CONFIG))
    header = json.dumps({"w": {"dtype": "F32", "shape": [1000]}}).encode()
    (project.folder / "m" / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    return project


def planned(project: Project, beta: float = 0.1, **changes) -> list[Job]:
    arms = [{"name": "dpo", "method": "dpo", "beta": beta}]
    raw = {"name": "e", "model": "m", "dataset": "pairs", "arms": arms} | changes
    return plan(Experiment.parse(raw, where="e"), project, base=project.folder)


def finish(
    project: Project, job: Job, seconds: float, memory_mib: float, resumed: bool = False, n_later: int = 1
) -> None:
    project.add_job(job)
    run = project.run(job.id)
    about = {"pid": 1, "device": "cpu", "device_name": "a CPU", "precision": "fp32", "versions": {}}
    run.append(Started(**about, at=100.0))
    if resumed:
        run.append(Started(**about, at=5_000.0, resumed_from=1))
    for _ in range(n_later):
        run.append(Progress(phase="training", step=1, total=1, memory_mib=memory_mib))
    run.append(Finished(outcome="finished", step=1, at=100.0 + seconds))
    run.write_outcome(Outcome(state="finished", step=1))


def of(jobs: list[Job], method: str) -> Job:
    return next(job for job in jobs if job.method == method)


def test_before_anything_ran_operations_are_counted(project):
    jobs = planned(project)
    costs = cost_runs(project, jobs, {})
    assert set(costs) == {job.id for job in jobs}
    assert {cost.basis for cost in costs.values()} == {"modelled"}


def test_a_finished_run_of_the_project_is_the_measure_of_the_next(project):
    finish(project, of(planned(project), "dpo"), seconds=94, memory_mib=700)
    next_run = of(planned(project, beta=0.5), "dpo")
    cost = cost_runs(project, [next_run], {})[next_run.id]
    assert cost.basis == "measured"
    assert cost.seconds.expected == pytest.approx(94 + 6)
    assert cost.memory_mib.expected == pytest.approx(700)


def test_a_run_is_a_measure_still_when_its_dataset_is_called_differently(project):
    finish(project, of(planned(project), "dpo"), seconds=94, memory_mib=700)
    api.rename_dataset(project, "pairs", "comparisons")
    next_run = of(planned(project, beta=0.5, dataset="comparisons"), "dpo")
    assert cost_runs(project, [next_run], {})[next_run.id].basis == "measured"


def test_a_run_counts_the_rows_that_its_dataset_had_before_it_grew(project):
    job = of(planned(project), "dpo")
    project.add_job(job)
    before = Sizing(project, {}).workload(job)
    for number in range(3):
        prompt, yes, no = plain(f"q{number}"), api.KeptResponse(text="c" * 900), api.KeptResponse(text="r" * 900)
        api.keep_pair(project, prompt, yes, no, "pairs")
    assert Sizing(project, {}).workload(job) == before


def test_twice_the_pairs_take_twice_as_long(project):
    once, twice = (of(planned(project, arms=[{"method": "dpo", "num_train_epochs": n}]), "dpo") for n in (1, 2))
    finish(project, once, seconds=100, memory_mib=700)
    assert cost_runs(project, [twice], {})[twice.id].seconds.expected == pytest.approx(206, rel=0.05)


@pytest.mark.parametrize("n_later", [1, 500])
def test_a_run_that_was_interrupted_measures_nothing_however_long_ago(project, n_later):
    finish(project, of(planned(project), "dpo"), seconds=9_000, memory_mib=700, resumed=True, n_later=n_later)
    next_run = of(planned(project, beta=0.5), "dpo")
    assert cost_runs(project, [next_run], {})[next_run.id].basis == "modelled"


def test_what_is_done_costs_nothing_and_a_half_costs_half(project):
    jobs = planned(project)
    whole = cost_runs(project, jobs, {})
    dpo, reward = of(jobs, "dpo").id, of(jobs, "reward").id
    rest = cost_runs(project, jobs, {dpo: 1.0, reward: 0.5})
    assert dpo not in rest
    assert rest[reward].seconds.expected == pytest.approx(whole[reward].seconds.expected / 2)


def test_a_budget_of_seconds_bounds_the_time(project):
    finish(project, of(planned(project), "dpo"), seconds=10_000, memory_mib=700)
    bounded = of(planned(project, budget={"seconds": 100}), "dpo")
    assert cost_runs(project, [bounded], {})[bounded.id].seconds.high == pytest.approx(140)


def test_a_model_whose_size_is_unknown_is_left_out_and_counted(project):
    (project.folder / "m" / "config.json").write_text("{}")
    jobs = planned(project)
    assert cost_runs(project, jobs, {}) == {}
    total = cost_plan(project, jobs, {}, n_done=1)
    assert (total.seconds, total.n_unknown) == (None, len(jobs) - 1)


def test_two_runs_at_once_take_less_time_and_more_memory(project, monkeypatch):
    jobs = planned(project, seeds=[0, 1])
    costs = cost_runs(project, jobs, {})
    one = cost_plan(project, jobs, costs, 0)
    set_runs_per_slot(project, "cpu", 2, wake=False)
    monkeypatch.setattr(costing, "describe_machine", lambda: Machine("a CPU", 2, 1_000, 500, ()))
    two = cost_plan(project, jobs, costs, 0)
    assert one.seconds is not None
    assert two.seconds is not None
    assert two.seconds.expected < one.seconds.expected
    assert two.at_once == 2
    assert "2 runs at once need about" in two.warnings[0]
    assert "cpu has 1000 MiB" in two.warnings[0] or "cpu has 1.0 GiB" in two.warnings[0]


def test_two_processes_hold_the_libraries_and_the_model_twice(project):
    alone, two = (of(planned(project, processes=n), "dpo") for n in (1, 2))
    costs = [cost_runs(project, [job], {})[job.id] for job in (alone, two)]
    assert costs[1].memory_mib.expected > 1.9 * costs[0].memory_mib.expected


def test_what_is_queued_before_is_counted(project):
    jobs, other = planned(project), of(planned(project, beta=0.9), "dpo")
    launch.enqueue(project, [other, jobs[0]], wake=False)
    assert cost_plan(project, jobs, cost_runs(project, jobs, {}), 0).n_ahead == 1


def test_an_adapter_whose_base_is_gone_has_no_estimate_and_breaks_no_plan(project):
    (project.folder / "m" / "adapter_config.json").write_text('{"base_model_name_or_path": "/nowhere/base"}')
    assert cost_runs(project, planned(project), {}) == {}
