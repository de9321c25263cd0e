"""Models that stay in memory because they may be asked again; those used longest ago make room."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import psutil
import torch
from transformers import PreTrainedModel

T = TypeVar("T")
_SHARE = 4  # a quarter of the device's memory: training may need the rest


class Shelf(Generic[T]):
    """Keeps what was loaded, up to a number of bytes; the newest is kept whatever its size.

    Args:
        room: bytes of weights.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """Returns what `key` names, loaded where it is not here.

        Args:
            key: says what it is; another key where the files have changed.
            load: makes it.
            size: its bytes.
        """
        if key not in self._kept:
            loaded = load()
            self._kept[key] = (loaded, size(loaded))
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(kept for _, kept in self._kept.values()) > self._room:
            self._kept.popitem(last=False)
        return self._kept[key][0]


def room_for_models(device: torch.device) -> int:
    """Returns the bytes of weights that may stay in memory on a device."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory) // _SHARE
    return int(psutil.virtual_memory().total) // _SHARE


def bytes_of(model: PreTrainedModel) -> int:
    """Returns the bytes of a model's weights."""
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())
