"""Direct preference optimisation (2305.18290) and its family, on TRL's trainer."""

from typing import Any

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from workbench.domain.errors import BadInput
from workbench.domain.recipes import DpoRecipe
from workbench.domain.recipes.dpo import trl_loss
from workbench.domain.records import Job
from workbench.storage.sources import resolve_model
from workbench.training.batches import VALIDATION_ROWS, Encoder
from workbench.training.cores import settle_threads
from workbench.training.models import load_policy, lora_config
from workbench.training.packed_head import answer_packed
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

    # 1. Policy and reference, the same weights unless the job names another reference. Under LoRA the reference is the
    # policy without its adapters; computed first, it need not stay in memory.
    seed_everything(session)
    dtype = weights_dtype(session)
    source = resolve_model(job.inputs.model, session.project)
    policy, tokenizer = load_policy(source, session.device, dtype, job.trust_remote_code)
    settle_threads(policy)
    reference = None
    named = job.inputs.reference or job.inputs.model
    if named != job.inputs.model or not (recipe.lora_rank or recipe.precompute_ref_log_probs):
        named_source = resolve_model(named, session.project)
        reference, _ = load_policy(named_source, session.device, dtype, job.trust_remote_code)

    # 2. Pairs as tokens: log-probabilities are summed over the response, its EOS included.
    encoder = Encoder(session, recipe, policy, tokenizer)
    pairs, _ = encoder.pairs(job.inputs.data)
    validation = None
    if job.inputs.validation is not None:
        validation, _ = encoder.pairs(job.inputs.validation, VALIDATION_ROWS)

    # 3. Train: -log sigmoid(beta h), h = log pi/pi_ref (chosen) - log pi/pi_ref (rejected) (Eq. 7), or a relative of it.
    trainer = Trainer(
        model=policy,
        ref_model=reference,
        args=training_arguments(
            DPOConfig,
            session,
            policy,
            len(pairs),
            beta=recipe.beta,
            disable_dropout=False,  # the model's own is off already; TRL's switch would take LoRA's too
            precompute_ref_log_probs=recipe.precompute_ref_log_probs,
            **trl_loss(recipe),
        ),
        train_dataset=pairs,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=lora_config(recipe, "CAUSAL_LM"),
    )
    shows = Sampler(session, trainer.model, tokenizer, job.inputs.data).say
    run(trainer, Bridge(session, trainer, len(pairs), shows, validates=validation is not None), session)
