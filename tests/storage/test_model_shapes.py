import json
import struct
from pathlib import Path

from workbench.storage.model_shapes import read_shape

LLAMA = {"hidden_size": 8, "num_hidden_layers": 2, "vocab_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}


def _folder(folder: Path, config: dict, tensors: dict[str, list[int]] | None = None) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    if tensors is not None:
        header = json.dumps({name: {"dtype": "F32", "shape": shape} for name, shape in tensors.items()}).encode()
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    return folder


def test_parameters_are_counted_from_the_weights_own_header(tmp_path):
    shape = read_shape(_folder(tmp_path / "m", LLAMA | {"max_position_embeddings": 64}, {"a": [32, 8], "b": [8]}))
    assert shape is not None
    assert (shape.n_parameters, shape.n_layers, shape.vocabulary) == (32 * 8 + 8, 2, 32)
    assert shape.kv_width == 2 * (8 // 4)
    assert shape.context == 64


def test_without_weights_they_are_counted_from_the_configuration(tmp_path):
    shape = read_shape(_folder(tmp_path / "m", LLAMA | {"intermediate_size": 16}))
    assert shape is not None
    assert shape.n_parameters == 32 * 8 + 2 * (4 * 8 * 8 + 3 * 8 * 16)


def test_a_token_is_multiplied_with_all_but_embeddings_that_are_only_looked_up(tmp_path):
    table, layer = [32, 8], [8, 8]

    def multiplied(name: str, **tensors: list[int]) -> int:
        shape = read_shape(
            _folder(tmp_path / name, LLAMA, {key.replace("_", "."): size for key, size in tensors.items()})
        )
        assert shape is not None
        return shape.n_multiplied

    assert multiplied("tied", embed=table, layer=layer) == 32 * 8 + 64, "the table is the output layer too"
    assert multiplied("untied", embed=table, head=table, layer=layer) == 32 * 8 + 64
    assert multiplied("reward", embed=table, score_weight=[1, 8], layer=layer) == 8 + 64


def test_families_that_call_it_otherwise_are_understood(tmp_path):
    gpt2 = _folder(tmp_path / "gpt2", {"n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 16})
    nested = _folder(tmp_path / "nested", {"text_config": LLAMA})
    assert (shape := read_shape(gpt2)) is not None
    assert (shape.hidden, shape.n_layers) == (8, 1)
    assert (shape := read_shape(nested)) is not None
    assert shape.hidden == 8


def test_what_is_no_model_has_no_size(tmp_path):
    assert read_shape(_folder(tmp_path / "m", {})) is None
    broken = _folder(tmp_path / "broken", LLAMA)
    (broken / "model.safetensors").write_text("weights")
    assert (shape := read_shape(broken)) is not None
    assert shape.n_parameters > 0, "from the configuration"
