"""Which prompts each update of PPO reads, how many updates there are, and where its random numbers come from.

Nothing here has a state: the prompts and the random numbers of an update follow from the run's seed and the update's
number, so a resumed run needs to know only how far it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from transformers import PreTrainedTokenizerBase

from workbench.data.store import read_prompts
from workbench.domain.errors import BadInput, BadSetting
from workbench.domain.pairs import Turns
from workbench.domain.recipes import PpoRecipe
from workbench.domain.records import DatasetRecord, Job
from workbench.storage.files import read_record
from workbench.training.inputs import dataset_folder
from workbench.training.schedule import checkpoint_steps as checkpoint_steps  # noqa: PLC0414  (given on)
from workbench.training.session import RunSession
from workbench.training.text import encode_prompt, warn_of_plain_text

_LEAST_PROMPT = 2  # BOS and something to answer


@dataclass(frozen=True, slots=True)
class Prompts:
    """The training split's different prompts.

    Attributes:
        turns: as the dataset has them.
        ids: for the policy, cut to leave room for the response.
        n_pairs: rows of the split that they come from.
    """

    turns: list[Turns]
    ids: list[list[int]]
    n_pairs: int


@dataclass(frozen=True, slots=True)
class PromptOrder:
    """All prompts in a new order each pass: position p of the endless sequence belongs to pass p // n."""

    n_prompts: int
    seed: int

    def rows(self, start: int, count: int) -> list[int]:
        """Returns which prompts stand at positions start .. start + count - 1."""
        first, last = start // self.n_prompts, (start + count - 1) // self.n_prompts
        orders = [self._pass(number) for number in range(first, last + 1)]
        return [orders[p // self.n_prompts - first][p % self.n_prompts] for p in range(start, start + count)]

    def _pass(self, number: int) -> list[int]:
        order: list[int] = torch.randperm(self.n_prompts, generator=seeded(self.seed, "order", number)).tolist()
        return order


def seeded(seed: int, purpose: str, number: int = 0) -> torch.Generator:
    """Returns a generator whose numbers depend on these three alone; purposes do not disturb one another."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, number))


def skip(generator: torch.Generator, n_numbers: int) -> None:
    """Takes numbers from a generator that another process uses, so that all together draw what one alone would."""
    torch.rand(n_numbers, generator=generator)


def derived_seed(seed: int, purpose: str, number: int = 0) -> int:
    """Returns 63 bits from a run's seed, what they are for, and the update."""
    digest = blake2b(f"{seed}:{purpose}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def read_training_prompts(
    job: Job, session: RunSession, tokenizer: PreTrainedTokenizerBase, max_tokens: int
) -> Prompts:
    """Reads the prompts that the job names; says how many were cut.

    Raises:
        BadInput: no dataset is named, it has changed since the job was made, or it has no prompts in the split.
    """
    if job.inputs.data is None:
        raise BadInput("PPO needs a dataset for its prompts.", "Name one as `dataset`.")
    folder = dataset_folder(session.project, job.inputs.data)
    split = job.inputs.data.split or "train"
    turns = read_prompts(folder, split)
    if not turns:
        raise BadInput(f"The {split} split of {job.inputs.data.name} has no prompts.", "Import more rows.")
    warn_of_plain_text(turns, tokenizer, session)
    ids = [encode_prompt(prompt, tokenizer) for prompt in turns]
    if n_cut := sum(len(prompt) > max_tokens for prompt in ids):
        session.warn(
            "truncated",
            f"{n_cut} of {len(ids)} prompts ({n_cut / len(ids):.0%}) are longer than {max_tokens} tokens and lose their "
            "beginning.",
        )
        ids = [encode_prompt(prompt, tokenizer, max_tokens) for prompt in turns]
    return Prompts(turns, ids, read_record(folder / "dataset.json", DatasetRecord).splits.counts[split])


def prompt_tokens(recipe: PpoRecipe, response_length: int, context: int | None) -> int:
    """Returns the most tokens that a prompt may have.

    Args:
        recipe: gives the longest sequence.
        response_length: the longest response.
        context: what the model can read; None where it does not say.

    Raises:
        BadSetting: no room is left for a prompt.
    """
    longest = min(recipe.max_length, context or recipe.max_length)
    if longest - response_length < _LEAST_PROMPT:
        raise BadSetting(
            f"Responses of {response_length} tokens leave no room for a prompt in {longest} tokens.",
            "Make `response_length` shorter, or `max_length` longer where the model can read more.",
        )
    return longest - response_length


def episodes_in_all(job: Job, recipe: PpoRecipe, n_pairs: int) -> int:
    """Returns how many responses the run samples at most, by the recipe and the budget."""
    wanted = recipe.total_episodes or max(1, math.ceil(n_pairs * recipe.num_train_epochs))
    if recipe.max_steps is not None:
        wanted = min(wanted, recipe.max_steps * recipe.batch_size)
    return min(wanted, job.budget.episodes or wanted)


def updates_in_all(n_episodes: int, batch_size: int) -> int:
    """Returns the number of updates; the last one may be smaller."""
    return math.ceil(n_episodes / batch_size)


def minibatches(n_episodes: int, n_parts: int, generator: torch.Generator) -> Sequence[torch.Tensor]:
    """Returns the episodes in random order, cut into `n_parts` (fewer where there are fewer episodes)."""
    return torch.randperm(n_episodes, generator=generator).tensor_split(min(n_parts, n_episodes))
