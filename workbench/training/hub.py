"""How a hub id becomes a model folder."""

import json
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from workbench.domain.errors import ModelRefused, NotFound, Offline
from workbench.storage.sources import parse_hub_name

_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.tiktoken"]
_INDEX = "model.safetensors.index.json"


def fetch(source: Path | str, trust_remote_code: bool = False, needs_weights: bool = True) -> Path:
    """Returns the folder of a model; a hub id is downloaded to the Hugging Face cache unless it is there whole.

    Args:
        source: a folder, or a hub id as `NAME` or `NAME@REVISION`.
        trust_remote_code: takes the Python files that the model brings along.
        needs_weights: a cached snapshot without weights, as other programs leave when they look at a configuration, will
            not do.

    Raises:
        NotFound: the hub knows no such model.
        ModelRefused: the hub wants a licence accepted first, or gives no weights.
        Offline: the hub cannot be reached.
    """
    if isinstance(source, Path):
        return source
    if Path(source).is_dir():
        return Path(source)
    patterns = [*_FILES, "*.py"] if trust_remote_code else _FILES
    name, revision = parse_hub_name(source)
    try:
        cached = Path(snapshot_download(name, revision=revision, allow_patterns=patterns, local_files_only=True))
    except LocalEntryNotFoundError:
        return _download(name, revision, patterns)
    if needs_weights and not has_weights(cached):
        cached = _download(name, revision, patterns)  # gives back what is cached where the hub cannot be reached
        if not has_weights(cached):
            raise ModelRefused(
                f"`{name}` is in the cache without weights, and the hub gives none as safetensors.",
                "Connect to the internet, or take the model's safetensors version.",
            )
    return cached


def has_weights(folder: Path) -> bool:
    """Says whether a folder holds safetensors, all parts of them where an index lists parts."""
    index = folder / _INDEX
    if not index.is_file():
        return any(folder.glob("*.safetensors"))
    parts: set[str] = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return all((folder / part).is_file() for part in parts)


def _download(name: str, revision: str | None, patterns: list[str]) -> Path:
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns, etag_timeout=5))
    except RevisionNotFoundError as error:
        raise NotFound(f"`{name}` has no revision `{revision}` on the hub.", "Name a commit, branch or tag.") from error
    except RepositoryNotFoundError as error:
        raise NotFound(f"The hub has no model `{name}`.", "Check the id; a private model needs a login.") from error
    except GatedRepoError as error:
        raise ModelRefused(
            f"`{name}` is given out only after its licence was accepted.", "Accept it on the hub."
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError) as error:
        raise Offline(
            f"`{name}` is not a folder here, and the hub cannot be reached to download it.",
            "Connect to the internet, or give a model folder.",
        ) from error
