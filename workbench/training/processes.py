"""The processes that train one run together: who this one is, what its share is, and how they stay of one mind.

`accelerate launch` starts them and says in the environment how many there are. All do the same, each on its share of a
batch; sums run over all shares, so every process holds the numbers that one alone would have, but for rounding, and takes
the same step with them. Only the first speaks and writes. A run of one process goes the same way, and nothing is sent.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist

from workbench.domain.errors import BadSetting

_BUCKET = 1 << 23  # numbers sent at once, 32 MiB: fewer messages for small models, little extra memory for large ones
# What gloo and NCCL say when another process is gone.
_LOST = ("connection closed by peer", "connection reset by peer", "broken pipe", "nccl communicator was aborted",
         "remote process exited", "socket closed", "connection refused", "no error reported by the peer")  # fmt: skip
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Processes:
    """One process's view of all that train a run.

    Attributes:
        device: where this process computes, and where what it sends lies.
        rank: its number, from 0.
        count: how many there are.
    """

    device: torch.device
    rank: int = 0
    count: int = 1

    @classmethod
    def join(cls, device: torch.device) -> Self:
        """Meets the others that `accelerate launch` started; without it this process is alone.

        Args:
            device: what the run computes on; several processes take a GPU each, by their number.
        """
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls(device)
        from accelerate import PartialState  # noqa: PLC0415  (a run of one process does without)

        state = PartialState(cpu=device.type == "cpu")
        return cls(state.device, state.process_index, state.num_processes)

    @property
    def is_first(self) -> bool:
        """Says whether this process speaks and writes."""
        return self.rank == 0

    def share(self, rows: Sequence[T]) -> Sequence[T]:
        """Returns this process's part of the rows: those that stand together, as many for each as possible."""
        return rows[self.start(len(rows)) : self.start(len(rows), self.rank + 1)]

    def start(self, n_rows: int, rank: int | None = None) -> int:
        """Returns where the share of a process begins, this one's where none is named."""
        return n_rows * (self.rank if rank is None else rank) // self.count

    def joined(self, parts: T) -> list[T]:
        """Returns what each process gives, in the order of their numbers; of any type."""
        if self.count == 1:
            return [parts]
        found: list[T | None] = [None] * self.count
        dist.all_gather_object(found, parts)
        return [part for part in found if part is not None]

    def sum(self, values: Tensor) -> Tensor:
        """Returns the sum over all processes of a tensor that has the same shape in each."""
        if self.count > 1:
            values = values.contiguous()
            dist.all_reduce(values)
        return values

    def agreed(self, value: T) -> T:
        """Returns what the first process says, so that all decide alike."""
        if self.count == 1:
            return value
        said = [value]
        dist.broadcast_object_list(said, src=0, device=self.device)
        return said[0]

    def wait(self) -> None:
        """Waits until all processes are here."""
        if self.count > 1:
            dist.barrier(device_ids=[self.device.index or 0] if self.device.type == "cuda" else None)

    def sum_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Replaces each weight's gradient by its sum over all processes; a share without rows adds nothing."""
        if self.count == 1:
            return
        for bucket in _buckets(weights):
            flat = torch.cat([_gradient(weight).flatten() for weight in bucket])
            dist.all_reduce(flat)
            for weight, part in zip(bucket, torch.split(flat, [weight.numel() for weight in bucket]), strict=True):
                weight.grad = part.view_as(weight)


def share_of_batch(batch_size: int, parts: int, processes: Processes) -> int:
    """Returns the examples that a process reads at once, so that the optimizer's batch is what the recipe says.

    Raises:
        BadSetting: the batch cannot be divided evenly.
    """
    if batch_size % (parts * processes.count):
        raise BadSetting(
            f"A batch of {batch_size} cannot be divided evenly among {processes.count} processes"
            + (f" in {parts} parts each." if parts > 1 else "."),
            "Choose a `batch_size` that can, or other `processes`.",
        )
    return batch_size // (parts * processes.count)


def is_loss_of_another(error: BaseException) -> bool:
    """Says whether an exception tells that another process of the run is gone."""
    text = str(error).lower()
    return isinstance(error, dist.DistError) or any(words in text for words in _LOST)


def _gradient(weight: nn.Parameter) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


def _buckets(weights: Iterable[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    """Yields the weights in their order, in groups of one number format and about `_BUCKET` numbers."""
    bucket: list[nn.Parameter] = []
    for weight in weights:
        if bucket and (weight.dtype != bucket[0].dtype or sum(map(nn.Parameter.numel, bucket)) >= _BUCKET):
            yield bucket
            bucket = []
        bucket.append(weight)
    if bucket:
        yield bucket
