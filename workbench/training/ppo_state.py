"""What a PPO checkpoint holds besides the policy: the value model, and all that going on needs. No pickle anywhere.

    checkpoint-STEP/            the policy, as a model folder or an adapter, and its tokenizer
    checkpoint-STEP/value/      the value model
    checkpoint-STEP/resume/     optimizer.safetensors and ppo.json

Random numbers need no state: they follow from the run's seed and the update's number (`ppo_data.seeded`), and ppo.json
says how far the run is: updates and episodes done, and with them the place in the data.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.domain.errors import BadInput
from workbench.storage.files import write_bytes
from workbench.training.value import ValueModel

VALUE = "value"
_OPTIMIZER, _STATE = "optimizer.safetensors", "ppo.json"


@dataclass(frozen=True, slots=True)
class PpoState:
    """How far a run is.

    Attributes:
        step: updates done.
        episodes: responses sampled, and so the place in the endless sequence of prompts.
        tokens: prompt and response tokens of those episodes.
        kl_coef: the KL coefficient of the next update.
    """

    step: int = 0
    episodes: int = 0
    tokens: int = 0
    kl_coef: float = 0.0

    def after(self, episodes: int, tokens: int, kl_coef: float) -> "PpoState":
        """Returns the state one update later."""
        return PpoState(self.step + 1, self.episodes + episodes, self.tokens + tokens, kl_coef)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads ppo.json from a resume folder.

        Raises:
            BadInput: the file is not what `write` writes.
        """
        path = folder / _STATE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values.pop("format_version")
            return cls(**values)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadInput(f"{path} does not say how far the run was: {error}.", "Start the run anew.") from error

    def write(self, folder: Path) -> None:
        """Writes ppo.json."""
        write_bytes(folder / _STATE, json.dumps({"format_version": 1} | asdict(self), indent=2).encode() + b"\n")


def is_complete(folder: Path) -> bool:
    """Says whether a resume folder holds all that going on needs."""
    return all((folder / name).is_file() for name in (_OPTIMIZER, _STATE))


def write_checkpoint(
    folder: Path,
    policy: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    value: ValueModel,
    optimizer: torch.optim.Optimizer,
    state: PpoState,
) -> None:
    """Fills an empty folder with a checkpoint."""
    policy.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    value.save(folder / VALUE)
    resume = folder / "resume"
    resume.mkdir()
    save_file(_flatten(optimizer), resume / _OPTIMIZER)
    state.write(resume)


def restore_optimizer(folder: Path, optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Reads an optimizer's state back from a resume folder; the weights must be the same in the same order."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in load_file(folder / _OPTIMIZER, device=str(device)).items():
        place, _, key = name.partition(".")
        state.setdefault(int(place), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _flatten(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{place}.{key}": torch.as_tensor(v).contiguous() for place, kept in state.items() for key, v in kept.items()
    }
