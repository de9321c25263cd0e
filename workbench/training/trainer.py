"""The bridge between TRL's trainers and a run's session: metrics, stopping, budget, checkpoints, going on."""

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from transformers.trainer_utils import set_seed

from workbench.domain.recipes import TrainingRecipe, auto_learning_rate
from workbench.storage.checkpoints import RESUME, Checkpoint, list_checkpoints
from workbench.training.processes import share_of_batch
from workbench.training.schedule import checkpoint_steps
from workbench.training.session import RunSession, StopRun

_TRAINER_STATE = "trainer_state.json"
# What the trainers log besides measurements of the model.
_BOOKKEEPING = {"epoch", "num_tokens", "total_flos", "train_loss"}
_SPEED = ("_runtime", "_per_second")


class SessionTrainer:
    """What a TRL trainer does differently in a run: its data is tokenised already, its checkpoints are the session's.

    Put before TRL's trainer among the bases; `run` it with a bridge.
    """

    bridge: "Bridge"

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset  # by `text`, so that its tokens are those of PPO's prompts and of evaluation

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self.bridge.save()

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Measures the validation split; that is not training, and the clock stands still."""
        with self.bridge.validating():
            return super().evaluate(*args, **kwargs)  # type: ignore[misc]


class Bridge(TrainerCallback):
    """Tells the session what a trainer does, and the trainer what the session wants.

    Args:
        session: the run.
        trainer: one of TRL's, with `SessionTrainer`.
        n_rows: examples in an epoch.
        shows: called at each checkpoint before it is saved, as to say samples; must not touch torch's random state.
        adds: writes further files into a checkpoint's folder; called in every process, and the first one writes.
        validates: whether the trainer has validation data to measure at each checkpoint.
    """

    def __init__(
        self,
        session: RunSession,
        trainer: Any,
        n_rows: int,
        shows: Callable[[int], None] | None = None,
        adds: Callable[[Path], None] | None = None,
        validates: bool = False,
    ) -> None:
        self._session, self._trainer, self._n_rows = session, trainer, n_rows
        self._shows, self._adds, self._validates = shows, adds, validates
        self._recipe = _recipe(session)
        self._planned: frozenset[int] = frozenset()
        self._began, self._tokens_before = 0.0, 0
        self.stopped: StopRun | None = None

    @contextmanager
    def validating(self) -> Iterator[None]:
        """Says what is going on while the validation split is measured, and stops the training clock."""
        state = self._trainer.state
        self._session.progress("validating", state.global_step, state.max_steps)
        with self._session.off_the_clock():
            yield

    @property
    def tokens(self) -> int:
        """Tokens trained on, padding left out, over all parts of a resumed run."""
        return int(self._trainer._total_train_tokens)

    @property
    def episodes(self) -> int:
        """Examples trained on; the last batch of an epoch may be a small one."""
        args = self._trainer.args
        batch = args.per_device_train_batch_size * args.gradient_accumulation_steps * self._session.processes.count
        epochs, steps = divmod(self._trainer.state.global_step, math.ceil(self._n_rows / batch))
        return int(epochs * self._n_rows + min(steps * batch, self._n_rows))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Plans the checkpoints: evenly spaced, the last one at the end."""
        self._planned = checkpoint_steps(state.max_steps, self._recipe.n_checkpoints)
        self._began, self._tokens_before = time.monotonic(), self.tokens
        self._session.progress("training", state.global_step, state.max_steps)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Starts the training clock at the run's first step."""
        self._session.start_clock()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Decides whether to save here, and whether to go on."""
        request = self._session.stop_requested()
        spent = self._session.budget_spent(self.episodes, self.tokens)
        if request is not None and not spent and state.global_step < state.max_steps:
            self.stopped = StopRun("stopped" if request == "stop" else "paused", state.global_step)
        planned = state.global_step in self._planned or spent
        control.should_save = planned or request is not None
        control.should_evaluate = planned and self._validates
        control.should_training_stop = control.should_training_stop or spent or request is not None
        if planned and self._shows is not None:
            with self._session.off_the_clock():
                self._shows(state.global_step)
        seconds = time.monotonic() - self._began
        speed = (self.tokens - self._tokens_before) / seconds if seconds > 0 else None
        self._session.progress("training", state.global_step, state.max_steps, speed)
        return control

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Passes measurements on."""
        values = {name: value for name, value in (logs or {}).items() if _is_measurement(name)}
        if values:
            self._session.metrics(state.global_step, values, self.episodes, self.tokens)

    def save(self) -> None:
        """Saves a checkpoint of the trainer through the session."""
        self._session.save_checkpoint(self._trainer.state.global_step, self._write, self.episodes, self.tokens)

    def _write(self, folder: Path) -> None:
        trainer, processes, resume = self._trainer, self._session.processes, folder / RESUME
        trainer.save_model(str(folder), _internal_call=True)
        if self._adds is not None:
            with self._session.off_the_clock():
                self._adds(folder)
        if processes.is_first:
            for name in ("training_args.bin", "README.md"):  # a pickle that nothing here reads, and TRL's advertisement
                (folder / name).unlink(missing_ok=True)
            resume.mkdir()
            trainer.state.save_to_json(str(resume / _TRAINER_STATE))
        processes.wait()
        trainer._save_optimizer_and_scheduler(str(resume))
        trainer._save_rng_state(str(resume))  # each process has its own


def run(trainer: Any, bridge: Bridge, session: RunSession) -> None:
    """Trains to the end, from the newest checkpoint that can be gone on from.

    Raises:
        StopRun: the person asked to stop or pause; a checkpoint is saved.
        RunFailure: training could not go on.
    """
    trainer.bridge = bridge
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(bridge)
    checkpoint = resumable_checkpoint(session)
    if checkpoint is None:
        trainer.train()
    elif not _is_complete(checkpoint, session):
        _resume(trainer, checkpoint, session)
    if bridge.stopped is not None:
        raise bridge.stopped


def resumed_from(session: RunSession) -> int | None:
    """Returns the step that the run goes on from; None where it begins, said aloud where it has checkpoints already."""
    checkpoint = resumable_checkpoint(session)
    newest = session.latest_checkpoint()
    if newest is not None and newest != checkpoint:
        where = "from the beginning" if checkpoint is None else f"from step {checkpoint.step}"
        session.warn(
            "resume_state_lost",
            f"The newest checkpoint, of step {newest.step}, lacks what training goes on from: it is done again {where}.",
        )
    return None if checkpoint is None else checkpoint.step


def resumable_checkpoint(session: RunSession) -> Checkpoint | None:
    """Returns the newest checkpoint whose `resume/` is whole; None where there is none."""
    whole = (item for item in reversed(list_checkpoints(session.folder)) if item.resume_folder is not None)
    return next(whole, None)


def training_arguments(kind: type[Any], session: RunSession, model: PreTrainedModel, n_rows: int, **more: Any) -> Any:
    """Returns a TRL configuration with all that the methods share.

    Args:
        kind: SFTConfig, RewardConfig or DPOConfig.
        session: its job names recipe, seed and budget.
        model: its size decides the learning rate where the recipe leaves it open.
        n_rows: examples in an epoch.
        **more: what the method adds.
    """
    recipe = _recipe(session)
    rate = recipe.learning_rate or auto_learning_rate(recipe.base_learning_rate, model.num_parameters())
    at_once = share_of_batch(recipe.batch_size, recipe.gradient_accumulation_steps, session.processes)
    return kind(
        output_dir=str(session.folder / "checkpoints"),
        seed=session.job.seed,
        learning_rate=rate,
        per_device_train_batch_size=at_once,
        per_device_eval_batch_size=at_once,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        num_train_epochs=recipe.num_train_epochs,
        max_steps=total_steps(session, n_rows),
        lr_scheduler_type=recipe.lr_scheduler_type,
        warmup_steps=recipe.warmup_ratio,
        weight_decay=recipe.weight_decay,
        adam_epsilon=recipe.adam_epsilon,
        max_grad_norm=recipe.max_grad_norm,
        optim="adamw_torch" if session.device.type == "mps" else "adamw_torch_fused",
        bf16=session.dtype == torch.bfloat16,
        use_cpu=session.device.type == "cpu",
        ddp_backend="gloo" if session.device.type == "cpu" and session.processes.count > 1 else None,
        gradient_checkpointing=recipe.gradient_checkpointing,  # the name TRL reads
        activation_checkpointing=recipe.gradient_checkpointing,  # and the one transformers reads
        logging_steps=recipe.logging_steps,
        logging_nan_inf_filter=False,  # a NaN must be seen, not averaged away
        save_strategy="no",  # the bridge says when
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=session.device.type == "cuda",
        max_length=None,  # `batches` has cut already
        **more,
    )


def total_steps(session: RunSession, n_rows: int) -> int:
    """Returns the optimizer steps of the run: its epochs, its `max_steps` or its budget of episodes, whatever is least."""
    recipe = _recipe(session)
    limits = [math.ceil(math.ceil(n_rows / recipe.batch_size) * recipe.num_train_epochs)]
    if recipe.max_steps is not None:
        limits.append(recipe.max_steps)
    if session.job.budget.episodes is not None:
        limits.append(math.ceil(session.job.budget.episodes / recipe.batch_size))
    return max(1, min(limits))


def seed_everything(session: RunSession) -> None:
    """Sets the random state of torch, numpy and Python from the job's seed."""
    set_seed(session.job.seed)


def weights_dtype(session: RunSession) -> torch.dtype:
    """Returns the number format that weights are kept in: bf16 only under LoRA.

    Small updates would vanish in bf16 weights, so full fine-tuning keeps them in fp32 and computes products in bf16.
    """
    return session.dtype if _recipe(session).lora_rank else torch.float32


def _recipe(session: RunSession) -> TrainingRecipe:
    recipe = session.job.recipe
    if not isinstance(recipe, TrainingRecipe):
        raise TypeError(f"a {session.job.method} run does not train")
    return recipe


def _is_measurement(name: str) -> bool:
    return name not in _BOOKKEEPING and not name.startswith("train_") and not name.endswith((*_SPEED, "num_tokens"))


def _is_complete(checkpoint: Checkpoint, session: RunSession) -> bool:
    """Says whether the checkpoint is the run's end: killed after it and before its last word, nothing is left to do."""
    state = json.loads((checkpoint.folder / RESUME / _TRAINER_STATE).read_text(encoding="utf-8"))
    record = checkpoint.record
    budget, seconds = session.job.budget, record.seconds
    spent = ((budget.episodes, record.episodes), (budget.tokens, record.tokens), (budget.seconds, seconds))
    over = any(limit is not None and used is not None and used >= limit for limit, used in spent)
    return over or int(state["global_step"]) >= int(state["max_steps"])


def _resume(trainer: Any, checkpoint: Checkpoint, session: RunSession) -> None:
    """Continues from a checkpoint; the trainer wants model and resume files in one folder, so it gets one of links."""
    joined = session.folder / "checkpoints" / ".resume"
    if session.processes.is_first:
        shutil.rmtree(joined, ignore_errors=True)
        joined.mkdir()
        for file in (*checkpoint.folder.iterdir(), *(checkpoint.folder / RESUME).iterdir()):
            if file.is_file():
                (joined / file.name).symlink_to(file.resolve())
    session.processes.wait()
    trainer._total_train_tokens = checkpoint.record.tokens or 0
    trainer.train(resume_from_checkpoint=str(joined))
    session.processes.wait()
    shutil.rmtree(joined, ignore_errors=True)
