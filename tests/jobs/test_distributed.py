"""Runs of several processes before they start: what is refused, what accelerate is told, which devices they get."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.jobs.planning import add, planned, write_model
from tests.jobs.runners import CPU, states
from tests.storage.records import dataset, job
from workbench.domain.errors import BadInput, BadSetting
from workbench.domain.recipes import TrainingRecipe
from workbench.domain.records import Job
from workbench.jobs.distributed import CONFIGURATION, environment, launched
from workbench.jobs.launch import enqueue, resume_run
from workbench.jobs.machine import Slot
from workbench.jobs.runner import Runner
from workbench.jobs.states import run_states
from workbench.storage.project import Project

GPUS = (Slot("cuda:0", "GPU-a"), Slot("cuda:1", "GPU-b"), Slot("cuda:2", "GPU-c"), Slot("cpu"))
# Says what a process is given, and leaves the run's last word to the first.
SAYS = """
import os, sys
from pathlib import Path
from workbench.domain.records import Outcome
from workbench.storage.runlog import RunFolder
run, names = RunFolder(Path(sys.argv[1])), ("RANK", "WORLD_SIZE", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "ACCELERATE_USE_CPU")
with open(run.folder / "given", "a") as given:
    given.write(" ".join(os.environ.get(name) or "-" for name in names) + "\\n")
if os.environ.get("RANK", "0") == "0":
    run.write_outcome(Outcome(state="finished"))
"""


def says(folder: Path) -> list[str]:
    return [sys.executable, "-c", SAYS, str(folder)]


@pytest.fixture
def experiments(project: Project, tmp_path: Path) -> Project:
    add(project, dataset("stories"))
    write_model(tmp_path / "models" / "small")
    return project


def config(project: Project, **values: object) -> str:
    path = project.folder.parent / "shared.yaml"
    path.write_text(yaml.safe_dump(values))
    return path.name


def together(run_id: str, processes: int, **changes: object) -> Job:
    return job(run_id, **changes).model_copy(update={"processes": processes})


def test_what_trains_gets_the_processes_and_what_measures_gets_one(experiments: Project) -> None:
    jobs = planned(experiments, processes=2)
    assert {(job.method, job.processes) for job in jobs} == {("reward", 2), ("ppo", 2), ("dpo", 2), ("evaluate", 1)}


def test_the_number_of_processes_changes_nothing_that_is_computed(experiments: Project) -> None:
    assert [job.id for job in planned(experiments, processes=2)] == [job.id for job in planned(experiments)]


def test_a_batch_that_cannot_be_divided_is_refused_before_anything_runs(experiments: Project) -> None:
    with pytest.raises(BadSetting, match="`reward`: a `batch_size` of 16 cannot be divided evenly among 3 processes"):
        planned(experiments, processes=3)
    arms = [{"name": "dpo", "method": "dpo", "batch_size": 16, "gradient_accumulation_steps": 4}]
    with pytest.raises(BadSetting, match=r"`dpo`: a `batch_size` of 16 .* among 8 processes in 4 parts each"):
        planned(experiments, processes=8, arms=arms)


def test_one_named_device_takes_one_process(experiments: Project) -> None:
    with pytest.raises(BadSetting, match="`device` is cuda:1, one device, and `processes` is 2"):
        planned(experiments, processes=2, device="cuda:1")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"distributed_type": "DEEPSPEED"}, "asks for DeepSpeed, which is not installed"),
        ({"distributed_type": "DEEPSPEED", "deepspeed_config": {"zero_stage": 2}}, "which is not installed"),
        ({"distributed_type": "DEEPSPEED", "deepspeed_config": {"zero_stage": 3}}, "no process has a whole model"),
        ({"distributed_type": "MEGATRON_LM"}, "`distributed_type` is MEGATRON_LM"),
        ({"distributed_type": "FSDP", "num_machines": 2}, "asks for 2 machines"),
        ({"distributed_type": "FSDP", "num_machines": "two"}, "asks for two machines"),
    ],
)
def test_a_configuration_that_cannot_be_had_here_is_refused(
    experiments: Project, values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadSetting, match=sentence):
        planned(experiments, processes=2, accelerate_config=config(experiments, **values))


def test_the_stage_of_zero_is_read_from_deepspeeds_own_file_too(experiments: Project) -> None:
    own = experiments.folder.parent / "zero.json"
    name = config(experiments, distributed_type="DEEPSPEED", deepspeed_config={"deepspeed_config_file": "zero.json"})
    with pytest.raises(BadInput, match=r"zero.json, its `deepspeed_config_file`, does not say which stage"):
        planned(experiments, processes=2, accelerate_config=name)
    for stage, sentence in ((3, "no process has a whole model"), (2, "which is not installed")):
        own.write_text(json.dumps({"zero_optimization": {"stage": stage}}))
        with pytest.raises(BadSetting, match=sentence):
            planned(experiments, processes=2, accelerate_config=name)


def test_a_configuration_without_processes_or_without_a_file_is_refused(experiments: Project) -> None:
    with pytest.raises(BadSetting, match="`processes` is 1"):
        planned(experiments, accelerate_config=config(experiments, distributed_type="FSDP"))
    with pytest.raises(BadInput, match=r"configuration .*/nowhere.yaml cannot be read"):
        planned(experiments, processes=2, accelerate_config="nowhere.yaml")
    (experiments.folder.parent / "list.yaml").write_text("- 1")
    with pytest.raises(BadSetting, match="no configuration of accelerate"):
        planned(experiments, processes=2, accelerate_config="list.yaml")


def test_sharding_reaches_the_launcher_but_not_ppo_and_the_job_decides_the_rest(
    experiments: Project, tmp_path: Path
) -> None:
    sharded = {"fsdp_version": 2, "fsdp_reshard_after_forward": True}
    name = config(experiments, distributed_type="FSDP", fsdp_config=sharded, num_processes=8, mixed_precision="bf16")
    jobs = {job.method: job for job in planned(experiments, processes=2, accelerate_config=name)}
    for method, kind in {"dpo": "FSDP", "ppo": "MULTI_GPU"}.items():
        command = launched(tmp_path, jobs[method], ["worker", "run"], GPUS[:2])
        assert command[-3:] == ["--no_python", "worker", "run"]
        told = yaml.safe_load((tmp_path / CONFIGURATION).read_text())
        assert told["distributed_type"] == kind
        assert told["fsdp_config"].items() >= sharded.items()
        assert (told["num_processes"], told["mixed_precision"], told["use_cpu"]) == (2, "no", False)


def test_sharded_models_are_loaded_whole_in_each_process_before(experiments: Project, tmp_path: Path) -> None:
    """Else all but the first would hash weights that are not there yet, and sample from them."""
    name = config(experiments, distributed_type="FSDP", fsdp_config={"fsdp_cpu_ram_efficient_loading": True})
    dpo = next(job for job in planned(experiments, processes=2, accelerate_config=name) if job.method == "dpo")
    launched(tmp_path, dpo, ["worker", "run"], GPUS[:2])
    told = yaml.safe_load((tmp_path / CONFIGURATION).read_text())
    assert told["fsdp_config"]["fsdp_cpu_ram_efficient_loading"] is False


def test_each_process_sees_the_gpus_of_the_run_and_cpu_cores_are_divided() -> None:
    assert environment(together("a", 2), GPUS[1:3], 4)["CUDA_VISIBLE_DEVICES"] == "GPU-b,GPU-c"
    on_cpu = environment(together("a", 2), CPU, 5)
    assert (on_cpu["OMP_NUM_THREADS"], on_cpu["CUDA_VISIBLE_DEVICES"], on_cpu["ACCELERATE_USE_CPU"]) == (
        "2",
        "",
        "true",
    )


def test_a_run_occupies_a_gpu_for_each_process(project: Project) -> None:
    enqueue(project, [together("a", 2), together("b", 2), together("c", 1)], wake=False)
    runner = Runner(project, says, GPUS, poll_s=0.02)
    runner.step()
    marks = {run_id: project.run(run_id).process() for run_id in "abc"}
    assert {run_id: mark and mark.device for run_id, mark in marks.items()} == {
        "a": "cuda:0+cuda:1", "b": None, "c": "cuda:2",
    }  # fmt: skip
    runner.run()
    assert set(states(project).values()) == {"finished"}
    given = {run_id: sorted((project.run_folder(run_id) / "given").read_text().splitlines()) for run_id in "ab"}
    assert [line.split()[:3] for line in given["a"]] == [["0", "2", "GPU-a,GPU-b"], ["1", "2", "GPU-a,GPU-b"]]
    assert len(given["b"]) == 2


def test_more_processes_than_gpus_is_said_with_what_helps(project: Project) -> None:
    enqueue(project, [together("a", 4)], wake=False)
    Runner(project, says, GPUS, poll_s=0.02).run()
    status = run_states(project)["a"]
    assert "asks for 4 processes with a GPU each (`device: auto`); this computer has: cuda:0" in status.message
    assert "--processes 1" in status.hint


def test_a_run_is_resumed_with_another_number_of_processes(project: Project) -> None:
    enqueue(project, [together("a", 4)], wake=False)
    Runner(project, says, GPUS, poll_s=0.02).run()
    resume_run(project, "a", processes=2, wake=False)
    assert project.job("a").processes == 2
    assert isinstance(project.job("a").recipe, TrainingRecipe)
    with pytest.raises(BadSetting, match="cannot be divided evenly among 3 processes"):
        resume_run(project, "a", processes=3, wake=False)
    assert project.job("a").processes == 2
