"""Runs that several processes train together: what `accelerate launch` is told, and what is refused beforehand."""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workbench.domain.errors import BadInput, BadSetting
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import PpoRecipe, TrainingRecipe
from workbench.domain.records import SHARDED, Job
from workbench.jobs.machine import Slot
from workbench.storage.files import write_bytes

CONFIGURATION = "accelerate.yaml"  # in the run's folder, what its processes were started with
_UNDERSTOOD = {"NO", "MULTI_GPU", "MULTI_CPU", *SHARDED}
_WEIGHTS_TOO = 3  # the stage of DeepSpeed's ZeRO that shards weights, besides gradients and the optimizer's state


def read_configuration(experiment: Experiment, base: Path) -> dict[str, Any]:
    """Returns what the experiment's accelerate configuration says; nothing where it names none.

    Args:
        experiment: names the file.
        base: relative paths start here.

    Raises:
        BadSetting: the file is not there, is none of accelerate's, or asks for what cannot be had here.
    """
    if experiment.processes > 1 and experiment.device not in {"auto", "cpu", "cuda"}:
        raise BadSetting(
            f"`device` is {experiment.device}, one device, and `processes` is {experiment.processes}.",
            "Use `device: cuda`, `cpu` or `auto`.",
        )
    if experiment.accelerate_config is None:
        return {}
    path = base / Path(experiment.accelerate_config).expanduser()
    if experiment.processes == 1:
        raise BadSetting(
            f"{path} says how several processes share the work, but `processes` is 1.",
            "Set `processes` to 2 or more, or drop `accelerate_config`.",
        )
    values = _read(path)
    kind = values.get("distributed_type", "NO")
    if kind not in _UNDERSTOOD:
        raise BadSetting(f"{path}: `distributed_type` is {kind}.", f"It can be {', '.join(sorted(_UNDERSTOOD))}.")
    if kind == "DEEPSPEED" and _zero_stage(values, path) == _WEIGHTS_TOO:
        raise BadSetting(
            f"{path} asks for ZeRO-3, under which no process has a whole model to sample from or to ask as a reference.",
            "Set `zero_stage` to 2, or use FSDP, which shards weights too and is understood.",
        )
    if kind == "DEEPSPEED" and importlib.util.find_spec("deepspeed") is None:
        raise BadSetting(
            f"{path} asks for DeepSpeed, which is not installed.", "Run `pip install deepspeed`, or use FSDP."
        )
    if values.get("num_machines") not in (None, 1):
        raise BadSetting(f"{path} asks for {values['num_machines']} machines.", "A run uses one computer's devices.")
    return values


def check_shares(job: Job) -> Job:
    """Returns the job; every process must get an equal part of its batch.

    Raises:
        BadSetting: the batch cannot be divided.
    """
    recipe = job.recipe
    if not isinstance(recipe, TrainingRecipe) or isinstance(recipe, PpoRecipe):  # PPO's episodes need no equal parts
        return job
    parts = recipe.gradient_accumulation_steps * job.processes
    if recipe.batch_size % parts:
        raise BadSetting(
            f"`{job.name}`: a `batch_size` of {recipe.batch_size} cannot be divided evenly among {job.processes} processes"
            + (f" in {recipe.gradient_accumulation_steps} parts each." if parts > job.processes else "."),
            "Choose a `batch_size` that can, or other `processes`.",
        )
    return job


def n_slots(job: Job, kind: str) -> int:
    """Returns how many slots of a kind the run occupies: a GPU for each process; a CPU is shared."""
    return 1 if kind == "cpu" else job.processes


def launched(run_folder: Path, job: Job, command: Sequence[str], slots: Sequence[Slot]) -> list[str]:
    """Returns the command that starts the job's processes, each with `command`; that command itself where it is one.

    Args:
        run_folder: gets the configuration.
        job: names the processes.
        command: of one worker.
        slots: where they compute.
    """
    if job.processes == 1:
        return list(command)
    path = run_folder / CONFIGURATION
    write_bytes(path, yaml.safe_dump(_configuration(job, on_cpu=slots[0].kind == "cpu"), sort_keys=False).encode())
    # The processes are started as they are: what accelerate adds is their environment.
    launcher = [sys.executable, "-P", "-m", "accelerate.commands.launch", "--config_file", str(path), "--no_python"]
    return [*launcher, *command]


def environment(job: Job, slots: Sequence[Slot], threads: int) -> dict[str, str]:
    """Returns the variables that confine a run's processes to these slots; arguments as in `Slot.environment`."""
    if job.processes == 1:
        return slots[0].environment(job.device, threads)
    if slots[0].kind == "cpu":
        return slots[0].environment(job.device, max(1, threads // job.processes)) | {"ACCELERATE_USE_CPU": "true"}
    apart = [slot.environment("auto", threads) for slot in slots]
    return apart[0] | {"CUDA_VISIBLE_DEVICES": ",".join(part["CUDA_VISIBLE_DEVICES"] for part in apart)}


def _configuration(job: Job, *, on_cpu: bool) -> dict[str, Any]:
    """Returns what `accelerate launch` reads; number format and number of processes are the job's, not the file's."""
    values: dict[str, Any] = {"compute_environment": "LOCAL_MACHINE", "dynamo_config": {}} | dict(job.accelerate)
    shards = job.is_sharded and job.method != "ppo"
    if shards and values["distributed_type"] == "FSDP":
        # Each process reads with its model and samples from it before it is shared out: it needs it whole.
        whole = {"fsdp_cpu_ram_efficient_loading": False}
        values["fsdp_config"] = (values.get("fsdp_config") or {}) | whole
    return values | {
        "distributed_type": values["distributed_type"] if shards else "MULTI_GPU",  # of CPUs too
        "num_processes": job.processes,
        "num_machines": 1,
        "machine_rank": 0,
        "main_process_port": 0,  # a free one, so that several runs can go on at once
        "mixed_precision": "no",
        "use_cpu": on_cpu,
    }


def _zero_stage(values: Mapping[str, Any], path: Path) -> int:
    """Returns the stage of ZeRO that a configuration asks for, in itself or in DeepSpeed's own file; 2 is the default.

    Raises:
        BadInput: that file cannot be read.
    """
    settings = values.get("deepspeed_config") or {}
    stage = settings.get("zero_stage", 2)
    if name := settings.get("deepspeed_config_file"):
        file = path.parent / Path(name).expanduser()
        try:
            stage = json.loads(file.read_text(encoding="utf-8"))["zero_optimization"]["stage"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(
                f"{path}: {file}, its `deepspeed_config_file`, does not say which stage of ZeRO it wants: {error!r}.",
                "It is a JSON file with `zero_optimization: {stage: 2}`.",
            ) from error
    return int(stage) if str(stage).isdigit() else 2


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"The accelerate configuration {path} cannot be read: {error}.", "Is the path right?") from error
    if not isinstance(values, dict):
        raise BadSetting(f"{path} is no configuration of accelerate.", "`accelerate config` writes one.")
    return values
