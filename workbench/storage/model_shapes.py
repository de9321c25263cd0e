"""How large a model is, read from its folder without loading it."""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.storage.model_folders import base_of_adapter

# The families call the same thing by different names.
_HIDDEN = ("hidden_size", "n_embd", "d_model")
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers")
_HEADS = ("num_attention_heads", "n_head", "num_heads")
_SCORING_HEAD = ("score.weight", "classifier.weight")
_LONGEST_HEADER = 100_000_000  # bytes, as the format's own readers have it


@dataclass(frozen=True)
class ModelShape:
    """The size of a model.

    Attributes:
        n_parameters: of the weights as stored; where there are none yet, counted from the configuration.
        n_layers: of the transformer.
        hidden: width of a token's state.
        vocabulary: tokens.
        kv_width: numbers that a token leaves in the cache in each layer, for keys and for values each.
        context: the longest sequence in tokens; None where the configuration does not say.
        n_multiplied: of the parameters, those that a token is multiplied with: all but the table of input embeddings,
            which is only looked up. A table that is the output layer too counts.
    """

    n_parameters: int
    n_layers: int
    hidden: int
    vocabulary: int
    kv_width: int
    context: int | None = None
    n_multiplied: int = 0


def read_shape(folder: Path) -> ModelShape | None:
    """Returns the size of the model in a folder; None where its configuration does not tell.

    Raises:
        ModelRefused: its adapter's base is not there.
    """
    base = base_of_adapter(folder)
    if base is not None:
        return read_shape(base) if isinstance(base, Path) else None
    config = _json(folder / "config.json")
    config = config | config.get("text_config", {}) if isinstance(config.get("text_config"), dict) else config
    hidden, n_layers, vocabulary = _first(config, _HIDDEN), _first(config, _LAYERS), _first(config, ("vocab_size",))
    if not (hidden and n_layers and vocabulary):
        return None
    heads = _first(config, _HEADS) or 1
    kv_heads = _first(config, ("num_key_value_heads",)) or heads
    head_width = _first(config, ("head_dim",)) or hidden // heads
    tensors = {name: shape for path in folder.glob("*.safetensors") for name, shape in _tensors(path).items()}
    counted = sum(map(math.prod, tensors.values())) or _from_config(config, hidden, n_layers, vocabulary)
    return ModelShape(
        n_parameters=counted,
        n_layers=n_layers,
        hidden=hidden,
        vocabulary=vocabulary,
        kv_width=kv_heads * head_width,
        context=_first(config, ("max_position_embeddings", "n_positions")) or None,
        n_multiplied=counted - _n_looked_up(config, tensors, vocabulary, hidden),
    )


def _from_config(config: Mapping[str, Any], hidden: int, n_layers: int, vocabulary: int) -> int:
    """Attention of four square matrices and a gated MLP, norms left out: what most decoders of today come to."""
    inner = _first(config, ("intermediate_size", "n_inner")) or 4 * hidden
    embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings", True) else 2)
    return embeddings + n_layers * (4 * hidden * hidden + 3 * hidden * inner)


def _n_looked_up(
    config: Mapping[str, Any], tensors: Mapping[str, tuple[int, ...]], vocabulary: int, hidden: int
) -> int:
    """Returns the size of the table of input embeddings where it is not the output layer too; else 0."""
    # A reward model has no output layer over the vocabulary.
    scores = any(name.endswith(_SCORING_HEAD) for name in tensors)
    n_tables = list(tensors.values()).count((vocabulary, hidden))
    is_apart = scores or n_tables > 1 if tensors else not config.get("tie_word_embeddings", True)
    return vocabulary * hidden if is_apart else 0


def _tensors(path: Path) -> dict[str, tuple[int, ...]]:
    """Returns the shape of every tensor in a safetensors file, by its header."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length < _LONGEST_HEADER else {}
        return {name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    except (OSError, struct.error, ValueError, KeyError, TypeError, AttributeError):
        return {}  # not such a file: loading it will say so, an estimate can do without


def _first(config: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((config[name] for name in names if isinstance(config.get(name), int)), 0)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
