"""The reference's log-probabilities in DPO: read where the project has them, else computed and kept.

What decides them names them: the reference's weights and configuration, the number format, the kind of device, and the
tokens of the very batch. In another batch a kernel may add up in another order, and the last bit would differ; so a run is
the same to the bit whether it finds them or not, and a second run on the same pairs, as at another beta, finds them all.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedModel
from trl.trainer.utils import add_fused_lm_head

from workbench.storage.hashes import Hasher
from workbench.storage.model_folders import base_of_adapter
from workbench.storage.project import Project
from workbench.storage.reference_logps import KEY_BYTES, ReferenceLogps
from workbench.storage.sources import resolve_model
from workbench.training.hub import fetch
from workbench.training.packed_head import answer_packed
from workbench.training.session import RunSession, StopRun

CACHE = "reference-logps"
_COLUMNS = ("ref_chosen_logps", "ref_rejected_logps")
_TOKENS = ("input_ids", "attention_mask", "completion_mask")
_AT_ONCE = 16  # pairs, whatever the recipe's batch, so that runs with other batches find them
_PHASE = "reading with the reference"
_PASS = "prompts of a pair read once"  # another way to read gives other last bits
_NO_MATTER = {"transformers_version", "use_cache", "dtype"}  # of a configuration; the format is named apart


class Reference:
    """Answers a DPO trainer's question of what the reference says of a batch.

    Args:
        session: where to keep it, and whom to tell.
        trainer: TRL's; its `compute_ref_log_probs` computes what is not kept.
        weights_hash: what `hash_of_model` says of the reference.
        load: gives the reference where the trainer has none; called at the first batch that is not kept, if ever.
    """

    def __init__(
        self, session: RunSession, trainer: Any, weights_hash: str, load: Callable[[], PreTrainedModel] | None
    ) -> None:
        self._session, self._trainer, self._load = session, trainer, load
        name = _name(trainer.ref_model or trainer.model, weights_hash, session)
        self._kept = ReferenceLogps(Project(session.project).cache_folder(CACHE), name)

    def add_to(self, batch: MutableMapping[str, Any], *, is_untrained: bool = False) -> None:
        """Puts the log-probabilities [pairs] of chosen and rejected responses into a batch of the trainer's collator.

        Args:
            batch: on the trainer's device.
            is_untrained: the policy is still what it started from, so that no second model is needed.
        """
        key, n_pairs = _key(batch), len(batch["input_ids"]) // 2
        kept = self._kept.get(key, n_pairs)
        is_needed = self._is_needed(is_missing=kept is None)
        if kept is None or is_needed:
            kept = torch.stack(self._compute(batch, is_untrained), dim=1).float().cpu().numpy()
            self._kept.put(key, kept)
        device = batch["input_ids"].device
        batch.update({name: torch.tensor(kept[:, at], device=device) for at, name in enumerate(_COLUMNS)})

    def read_first(self, pairs: Dataset) -> Dataset:
        """Returns the pairs with what the reference says of each; the policy must be untrained yet.

        Raises:
            StopRun: the person asked to stop or pause; what was computed so far is kept.
        """
        found = np.zeros((len(pairs), 2), np.float32)
        size = min(_AT_ONCE, self._trainer.args.per_device_train_batch_size)
        for done, rows in enumerate(_batches(pairs, size)):
            self._session.progress(_PHASE, done * size, len(pairs))
            self._stop_if_asked(done)
            batch = self._trainer._prepare_inputs(self._trainer.data_collator([pairs[row] for row in rows]))
            self.add_to(batch, is_untrained=True)
            found[rows] = torch.stack([batch[name] for name in _COLUMNS], dim=1).cpu().numpy()
        self._session.progress(_PHASE, len(pairs), len(pairs))
        for at, name in enumerate(_COLUMNS):
            pairs = pairs.add_column(name, found[:, at])
        return pairs

    def _is_needed(self, *, is_missing: bool) -> bool:
        """Says whether to compute: of a reference in parts all processes do, or none, since each needs the others' parts."""
        if not self._session.job.is_sharded:
            return is_missing
        return any(self._session.processes.joined(is_missing))

    def _compute(self, batch: MutableMapping[str, Any], is_untrained: bool) -> tuple[Tensor, Tensor]:
        trainer = self._trainer
        if trainer.ref_model is None and self._load is not None and not is_untrained:
            with self._session.off_the_clock(), torch.random.fork_rng():
                trainer.ref_model = self._load()
                add_fused_lm_head(trainer.ref_model)
                answer_packed(trainer.ref_model)
        chosen, rejected = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch)
        return chosen, rejected

    def _stop_if_asked(self, n_read: int) -> None:
        """A run that was asked before it began still trains a step, so that it ends with something to go on from."""
        if n_read and (request := self._session.stop_requested()) is not None:
            raise StopRun("stopped" if request == "stop" else "paused", self._session.last_step)


def hash_of_model(name: str, session: RunSession) -> str:
    """Returns what names a model by the content of its files; the first process reads those that changed, for all.

    The files and not the loaded weights: the project knows their hashes from when the run was planned, and of weights that
    are shared out among processes each would hash another part, or nothing.
    """
    found = ""
    if session.processes.is_first:
        hasher = Hasher(Project(session.project))
        found = _hash_of(fetch(resolve_model(name, session.project), session.job.trust_remote_code), hasher)
        hasher.save()
    return session.processes.agreed(found)


def _hash_of(folder: Path, hasher: Hasher) -> str:
    base, own = base_of_adapter(folder), hasher.model_folder(folder)
    return own if base is None else f"{own} on {_hash_of(fetch(base), hasher)}"


def _batches(pairs: Dataset, size: int) -> Iterator[list[int]]:
    """Yields rows of like length together, longest first, so that little is padded and memory runs out at once."""
    names = ("prompt_ids", "chosen_ids", "rejected_ids")
    prompt, chosen, rejected = (np.array([len(ids) for ids in pairs[name]]) for name in names)
    order = np.argsort(-(prompt + np.maximum(chosen, rejected)), kind="stable").tolist()
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _key(batch: MutableMapping[str, Any]) -> bytes:
    hashed = hashlib.blake2b(digest_size=KEY_BYTES)
    for name in _TOKENS:
        tokens = batch[name].cpu().numpy().astype("<i4")
        hashed.update(repr(tokens.shape).encode())
        hashed.update(np.ascontiguousarray(tokens).data)
    return hashed.digest()


def _name(model: Any, weights_hash: str, session: RunSession) -> str:
    config = {name: value for name, value in model.config.to_dict().items() if name not in _NO_MATTER}
    public = {name: value for name, value in config.items() if not name.startswith("_")}
    named = [weights_hash, public, str(model.dtype), str(session.dtype), session.device.type, torch.__version__, _PASS]
    return hashlib.blake2b(json.dumps(named, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
