"""PPO runs of the small project, worked through in this process, and what they left."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from workbench.domain.events import Metrics
from workbench.storage.runlog import RunFolder
from workbench.training.ppo import train
from workbench.training.session import RunSession

Add = Callable[..., Path]


def work(folder: Path) -> list[Metrics]:
    with RunSession.open(folder) as session:
        train(session.job, session)
    return said(folder, Metrics)


def said(folder: Path, kind: type) -> list:
    return [event for event in RunFolder(folder).events()[0] if isinstance(event, kind)]


def weights(folder: Path, step: int) -> dict[str, torch.Tensor]:
    checkpoint = folder / f"checkpoints/checkpoint-{step}"
    value = load_file(checkpoint / "value/model.safetensors")
    return load_file(checkpoint / "model.safetensors") | {f"value.{name}": tensor for name, tensor in value.items()}


def assert_equal_weights(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
