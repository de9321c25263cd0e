"""Trainers of TRL's kind side by side with ours: on the CPU, saying nothing to anybody."""

from pathlib import Path
from typing import Any


def quiet(config: Any, folder: Path, **more: Any) -> Any:
    """Returns settings of TRL's class `config`, without what its defaults change with the machine."""
    return config(
        output_dir=str(folder / "out"),
        use_cpu=True,
        bf16=False,
        report_to="none",
        gradient_checkpointing=False,
        activation_checkpointing=False,
        **more,
    )


def one_batch(trainer: Any) -> Any:
    """Returns all rows that a trainer holds as one batch of its model's."""
    rows = trainer.train_dataset
    return trainer.data_collator([rows[i] for i in range(len(rows))])


def loss(trainer: Any) -> float:
    """Returns the loss of all rows as they are now."""
    return float(trainer.compute_loss(trainer.model, one_batch(trainer)).detach())
