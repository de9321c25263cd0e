"""A checkpoint as a model folder for the Hugging Face hub: safetensors, tokenizer, configuration, and a card that tells all."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workbench import __version__
from workbench.compare.comparison import Comparison
from workbench.compare.naming import without_folders
from workbench.compare.results import ArmResult
from workbench.domain.errors import AlreadyExists, BadInput
from workbench.domain.records import Job
from workbench.export import report_setup, report_tables
from workbench.export.document import Charts, Document, Section, Words, bullets, section
from workbench.export.report_markdown import as_markdown
from workbench.storage.checkpoints import RECORD, Checkpoint
from workbench.storage.files import write_bytes
from workbench.storage.folders import appearing
from workbench.storage.project import Project
from workbench.storage.sources import run_of

_CHARTS = "charts"
_TRAINED = {
    "sft": "supervised fine-tuning",
    "dpo": "direct preference optimisation (DPO, arXiv:2305.18290)",
    "ppo": "proximal policy optimisation (PPO, arXiv:1707.06347) against a reward model",
    "reward": "a Bradley-Terry reward model on preference pairs (arXiv:2203.02155)",
}
_ADAPTER = "adapter_config.json"


def write_model(
    project: Project, job: Job, checkpoint: Checkpoint, folder: Path, comparison: Comparison | None
) -> list[Path]:
    """Writes weights, tokenizer, configuration and README.md, whole or not at all.

    Args:
        project: whose run.
        job: the training run.
        checkpoint: of it.
        folder: is made.
        comparison: that has the run among its arms; None where it was never evaluated.

    Returns:
        The files.

    Raises:
        BadInput: the run trains nothing.
        AlreadyExists: the folder holds something.
        DiskFull: there is no room.
    """
    if job.method not in _TRAINED:
        raise BadInput(f"Run `{job.id}` is a {job.method} run, which has no weights.", "Name a training run.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AlreadyExists(f"{folder} is there already and not empty.", "Name a new folder.")
    with appearing(folder) as part:
        for name in checkpoint.record.files:
            if name != RECORD:
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(checkpoint.folder / name, part / name)
        _forget_folders(part / _ADAPTER)
        _write_card(project, job, checkpoint, part, comparison)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _forget_folders(adapter: Path) -> None:
    """Names an adapter's base without the disk that it lay on."""
    if adapter.exists():
        config = json.loads(adapter.read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = without_folders(str(config["base_model_name_or_path"]))
        write_bytes(adapter, json.dumps(config, indent=2).encode())


def _write_card(
    project: Project, job: Job, checkpoint: Checkpoint, folder: Path, comparison: Comparison | None
) -> None:
    known = comparison if _arm_of(job, comparison) is not None else None
    text, charts = as_markdown(_card(project, job, checkpoint, known), _CHARTS, suffix=".png")
    if charts:
        (folder / _CHARTS).mkdir()
    for name, drawing in charts.items():
        write_bytes(folder / _CHARTS / name, drawing)
    values = _metadata(job, checkpoint.step, project, known, is_adapter=(folder / _ADAPTER).exists())
    head = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    write_bytes(folder / "README.md", f"---\n{head}---\n\n{text}".encode())


def _arm_of(job: Job, comparison: Comparison | None) -> ArmResult | None:
    arms = comparison.arms if comparison is not None else ()
    return next((arm for arm in arms if job.id in arm.runs), None)


def _card(project: Project, job: Job, checkpoint: Checkpoint, comparison: Comparison | None) -> Document:
    sections: list[Section | None] = [_trained(job, checkpoint)]
    if comparison is not None:
        setup = report_setup.read_setup(comparison, project)
        sections += [
            section(
                "Verdict", *(Words(sentence) for sentence in comparison.findings), _scope(job, checkpoint, comparison)
            ),
            section("Results", *report_tables.results(comparison)),
            section("Charts", Charts(comparison.panels)),
            section("Cautions", bullets(comparison.warnings)),
            section("Set-up", report_setup.facts(setup)),
            section("Recipes", *report_setup.settings_table(setup)),
            section("Environment", report_setup.environment(setup)),
        ]
    sections.append(section("Limits", bullets(_limits(job, comparison))))
    return Document(
        title=f"{job.name}, step {checkpoint.step}",
        project=project.name,
        question=f"A checkpoint of {_TRAINED[job.method]}.",
        sections=tuple(found for found in sections if found is not None),
        footer=f"Written by Preference Workbench {__version__}.",
    )


def _scope(job: Job, checkpoint: Checkpoint, comparison: Comparison) -> Words:
    """Says how far verdict and results are of this checkpoint: arms are compared by all of their seeds."""
    arm = _arm_of(job, comparison)
    assert arm is not None
    last = dict(zip(arm.runs, arm.last.steps, strict=True))[job.id]
    seeds = f"the last checkpoints of its {len(arm.seeds)} seeds" if len(arm.seeds) > 1 else "its last checkpoint"
    here = f"seed {job.seed} at step {checkpoint.step:,}"
    counted = (
        "is among them" if checkpoint.step == last else f"is not among them: that of seed {job.seed} is step {last:,}"
    )
    one = "is that one" if checkpoint.step == last else f"is another one: the last is step {last:,}"
    told = counted if len(arm.seeds) > 1 else one
    return Words(f"Verdict and results are of the arm {arm.name}, by {seeds}. This checkpoint, {here}, {told}.")


def _trained(job: Job, checkpoint: Checkpoint) -> Section | None:
    data = f" on `{job.inputs.data.name}`" if job.inputs.data else ""
    spent = checkpoint.record
    amounts = [f"{spent.step:,} optimizer steps"]
    amounts += [f"{spent.episodes:,} examples"] if spent.episodes else []
    amounts += [f"{spent.tokens:,} tokens"] if spent.tokens else []
    changed = ", ".join(f"{name} {value}" for name, value in job.recipe.changed().items()) or "none"
    return section(
        "How it was trained",
        bullets(
            (
                f"Method: {_TRAINED[job.method]}{data.replace('`', '')}, seed {job.seed}.",
                f"Start: {_base(job)}.",
                f"Spent: {', '.join(amounts)}, {spent.seconds:,.0f} s of training.",
                f"Settings other than the defaults: {changed}.",
            )
        ),
    )


def _base(job: Job) -> str:
    name = job.inputs.model
    return f"the result of run {run_of(name)}" if run_of(name) else without_folders(name)


def _limits(job: Job, comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        yield "It was not evaluated in a comparison: nothing is known here of how good its responses are."
    else:
        yield (
            f"It was measured by one gold judge, {comparison.judge}, on the prompts above and no others; "
            "another judge or other prompts may order the arms otherwise."
        )
        yield f"{comparison.interval}. What lies inside the intervals is not shown."
    if job.method == "ppo":
        yield "It was trained against a learned reward model, whose mistakes it may have learned to use."
    if job.method == "reward":
        yield "Its scores stand for the choices of the raters of its data, their blind spots included."
    yield "It has what biases its start model and its data have; it was not tested for safety."
    yield "Its licence is that of its start model and data; look there before you pass it on."


def _metadata(
    job: Job, step: int, project: Project, comparison: Comparison | None, *, is_adapter: bool
) -> dict[str, Any]:
    """Returns the card's metadata as the hub reads it; results are those of this checkpoint and not of its arm's seeds."""
    is_reward = job.method == "reward"
    values: dict[str, Any] = {
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": "text-classification" if is_reward else "text-generation",
        "tags": ["preference-tuning", "reward-model" if is_reward else job.method, "preference-workbench"],
    }
    base = without_folders(job.inputs.model)
    if base == job.inputs.model and "/" in base and not base.startswith(("run:", ".")):
        values["base_model"] = base.partition("@")[0]
    if comparison is None:
        return values
    arms = comparison.seeds
    measured = next((seed for arm in arms for seed in arm.seeds if (seed.run, seed.last_step) == (job.id, step)), None)
    if measured is None:
        return values
    found = [
        ("gold", f"gold score by {comparison.judge}", measured.gold),
        ("kl", "KL to the start model, nats", measured.kl),
    ]
    metrics = [
        {"type": kind, "name": name, "value": round(value.mean, 4)} for kind, name, value in found if value is not None
    ]
    dataset = {"name": "test prompts", "type": project.name}
    results = [{"task": {"type": "text-generation"}, "dataset": dataset, "metrics": metrics}]
    return values | {"model-index": [{"name": job.name, "results": results}]}
