"""What a model folder must hold before anything in it is loaded."""

import json
from pathlib import Path
from typing import Any

from workbench.domain.errors import ModelRefused

_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.json",
    "vocab.txt",
)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.msgpack")
_ADAPTER = "adapter_config.json"


def check_folder(folder: Path, trust_remote_code: bool, needs_weights: bool = True) -> None:
    """Refuses a folder that is incomplete or could run code of its own.

    Raises:
        ModelRefused: with the reason.
    """
    _check_code(folder, trust_remote_code)
    if not (folder / "config.json").is_file() and not (folder / _ADAPTER).is_file():
        raise ModelRefused(f"The model folder {folder} has no config.json.", "Give the folder that holds the model.")
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelRefused(
            f"The model folder {folder} has no tokenizer.", "Save the tokenizer beside the model (tokenizer.json)."
        )
    if needs_weights:
        _check_weights(folder)


def base_of_adapter(folder: Path) -> Path | str | None:
    """Returns the model that the folder's adapter belongs to; None where the folder holds a whole model.

    A base inside a project that was moved is found again beside the adapter's own run.
    """
    if not (folder / _ADAPTER).is_file():
        return None
    name = str(_read(folder / _ADAPTER).get("base_model_name_or_path"))
    path = Path(name)
    if not path.is_absolute() or path.is_dir():
        return path if path.is_dir() else name
    for parent in folder.parents:
        for i in range(1, len(path.parts)):
            if path.parts[i] == "runs" and (moved := parent.joinpath(*path.parts[i:])).is_dir():
                return moved
    raise ModelRefused(f"The adapter in {folder} belongs to {name}, which is not there.", "Put the base model back.")


def _check_code(folder: Path, trust_remote_code: bool) -> None:
    if trust_remote_code:
        return
    for name in ("config.json", "tokenizer_config.json"):
        if (folder / name).is_file() and "auto_map" in _read(folder / name):
            raise ModelRefused(
                f"The model in {folder} brings Python code of its own ({name}: auto_map).",
                "If you trust its authors, set `trust_remote_code: true`.",
            )


def _check_weights(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    if pickles := sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern)):
        raise ModelRefused(
            f"The weights in {folder} are not safetensors ({pickles[0]}); a pickle can run any code when it is loaded.",
            "Convert them to safetensors with a tool you trust, or take the model's safetensors version.",
        )
    raise ModelRefused(f"The model folder {folder} has no weights (model.safetensors).", "Is the download complete?")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelRefused(f"{path} is not valid JSON: {error}.", "Restore the file from its source.") from error
    return content if isinstance(content, dict) else {}
