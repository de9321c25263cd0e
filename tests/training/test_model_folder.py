"""Exported model folders, loaded by transformers and PEFT alone: what was trained comes back."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from workbench.api import export_model
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

Runs = Any
TEXT = "One day, Tom saw two cats."

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def exported(runs: Runs, method: str, **recipe: object) -> Path:
    """Returns a model folder that nothing of the project is left beside."""
    if not (runs.project / "project.workbench").is_file():
        Project.create(runs.project)
    folder = runs.add(method, runs.add_data(), method, **recipe)
    assert runs.work(folder) == 0
    out: Path = runs.project.parent / "exported"
    export_model(Project.open(runs.project), method, out)
    shutil.rmtree(runs.project)
    return out


def logits(model: torch.nn.Module, folder: Path) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(**AutoTokenizer.from_pretrained(folder)(TEXT, return_tensors="pt")).logits
    return found


def test_transformers_loads_a_policy_and_lets_it_speak(runs: Runs) -> None:
    out = exported(runs, "dpo")
    policy, start = (AutoModelForCausalLM.from_pretrained(folder).eval() for folder in (out, runs.stories))
    assert not torch.equal(logits(policy, out), logits(start, out))
    tokenizer = AutoTokenizer.from_pretrained(out)
    prompt = tokenizer(TEXT, return_tensors="pt")
    said = policy.generate(**prompt, max_new_tokens=8, do_sample=False, pad_token_id=tokenizer.pad_token_id)
    assert tokenizer.decode(said[0], skip_special_tokens=True).startswith(TEXT)
    assert said.shape[1] > prompt["input_ids"].shape[1]


def test_a_reward_model_is_a_classifier_of_one_label(runs: Runs) -> None:
    out = exported(runs, "reward", normalize=False)
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    assert logits(model, out).shape == (1, 1)


def test_peft_puts_adapters_on_their_base(runs: Runs) -> None:
    out = exported(runs, "dpo", lora_rank=4)
    start = AutoModelForCausalLM.from_pretrained(runs.stories).eval()
    before = logits(start, out)
    adapted = PeftModel.from_pretrained(start, out).eval()
    assert not torch.equal(before, logits(adapted, out))
    assert json.loads((out / "adapter_config.json").read_text())["base_model_name_or_path"] == "stories260K"


def test_an_exported_folder_is_the_last_checkpoint_to_the_bit(runs: Runs) -> None:
    Project.create(runs.project)
    folder = runs.add("sft", runs.add_data(), "sft")
    assert runs.work(folder) == 0
    out = runs.project.parent / "exported"
    export_model(Project.open(runs.project), "sft", out)
    last = RunFolder(folder).checkpoints()[-1].folder
    assert (out / "model.safetensors").read_bytes() == (last / "model.safetensors").read_bytes()
