"""Direct preference optimisation (2305.18290) and its family, on TRL's trainer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer import dpo_trainer
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from workbench.domain.errors import BadInput
from workbench.domain.recipes import DpoRecipe
from workbench.domain.recipes.dpo import trl_loss
from workbench.domain.recipes.training import VALIDATION_ROWS
from workbench.domain.records import Job
from workbench.storage.sources import resolve_model
from workbench.training.batches import Encoder
from workbench.training.cores import settle_threads
from workbench.training.models import load_policy, lora_config
from workbench.training.packed_head import answer_packed
from workbench.training.reference import Reference, hash_of_model
from workbench.training.samples import Sampler
from workbench.training.session import RunSession
from workbench.training.trainer import (
    Bridge,
    SessionTrainer,
    resumed_from,
    run,
    seed_everything,
    training_arguments,
    weights_dtype,
)


class Trainer(SessionTrainer, DPOTrainer):
    """TRL's DPO trainer in a run; policy and reference read no padding."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answer_packed(self.model)
        if self.ref_model is not None:
            answer_packed(self.ref_model)


class CachedTrainer(Trainer):
    """Asks `reference`, set before training, what the reference says of a batch that does not bring it."""

    reference: Reference

    def _precompute_ref_logps(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset  # `reference` reads it, once there is one

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        if "ref_chosen_logps" not in inputs:
            self.reference.add_to(inputs)
        return super()._compute_loss(model, inputs, return_outputs)  # type: ignore[no-untyped-call]

    def read_reference_first(self, pairs: Dataset, validation: Dataset | None) -> None:
        """Has the reference read all pairs before training begins, and lets go of it."""
        self.train_dataset = self.reference.read_first(pairs)
        self.eval_dataset = None if validation is None else self.reference.read_first(validation)
        self.ref_model = None  # has said all


def train(job: Job, session: RunSession) -> None:
    """Trains the job's model on preference pairs, without a reward model.

    Raises:
        StopRun: the person asked to stop or pause.
        WorkbenchError: the inputs cannot be used, or training could not go on.
    """
    recipe = job.recipe
    if not isinstance(recipe, DpoRecipe) or job.inputs.data is None:
        raise BadInput("A DPO run needs its settings and a dataset.", "Make the run again.")
    session.started(resumed_from(session))

    # 1. Policy and reference, the same weights unless the job names another reference. What the project knows of the
    # reference need not be computed, so it is loaded when it is first needed; under LoRA it is the policy without its
    # adapters, and never is.
    seed_everything(session)
    policy, tokenizer = _load(job, session, job.inputs.model)
    settle_threads(policy)
    named = job.inputs.reference or job.inputs.model
    reference = None if named == job.inputs.model else _load(job, session, named)[0]
    is_base = recipe.lora_rank > 0 and reference is None

    # 2. Pairs as tokens: log-probabilities are summed over the response, its EOS included.
    encoder = Encoder(session, recipe, policy, tokenizer)
    pairs, _ = encoder.pairs(job.inputs.data)
    held_out = job.inputs.validation
    validation = None if held_out is None else encoder.pairs(held_out, VALIDATION_ROWS)[0]

    # 3. Train: -log sigmoid(beta h), h = log pi/pi_ref (chosen) - log pi/pi_ref (rejected) (Eq. 7), or a relative of it.
    arguments = training_arguments(
        DPOConfig,
        session,
        policy,
        len(pairs),
        beta=recipe.beta,
        disable_dropout=False,  # the model's own is off already; TRL's switch would take LoRA's too
        precompute_ref_log_probs=not is_base,  # else TRL loads a reference
        **trl_loss(recipe),
    )
    with _weights_unhashed():
        trainer = CachedTrainer(
            model=policy,
            ref_model=reference,
            args=arguments,
            train_dataset=pairs,
            eval_dataset=validation,
            processing_class=tokenizer,
            peft_config=lora_config(recipe, "CAUSAL_LM"),
        )
    trainer.precompute_ref_logps = True
    trainer.reference = Reference(
        session,
        trainer,
        hash_of_model(named, session),
        load=None if is_base or reference is not None else lambda: _load(job, session, named)[0],
    )
    if recipe.precompute_ref_log_probs:
        trainer.read_reference_first(pairs, validation)
    shows = Sampler(session, trainer.model, tokenizer, job.inputs.data).say
    run(trainer, Bridge(session, trainer, len(pairs), shows, validates=validation is not None), session)


@contextmanager
def _weights_unhashed() -> Iterator[None]:
    """TRL names what it keeps of a reference by a hash of all its weights, seconds for large ones; we have a name."""
    hash_module = vars(dpo_trainer)["hash_module"]
    vars(dpo_trainer)["hash_module"] = lambda _: ""
    try:
        yield
    finally:
        vars(dpo_trainer)["hash_module"] = hash_module


def _load(job: Job, session: RunSession, name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    source = resolve_model(name, session.project)
    return load_policy(source, session.device, weights_dtype(session), job.trust_remote_code)
