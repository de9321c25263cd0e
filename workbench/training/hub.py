"""How a hub id becomes a model folder."""

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from workbench.domain.errors import ModelRefused, NotFound, Offline

_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.tiktoken"]


def fetch(source: Path | str, trust_remote_code: bool = False) -> Path:
    """Returns the folder of a model; a hub id is downloaded to the Hugging Face cache unless it is there.

    Raises:
        NotFound: the hub knows no such model.
        ModelRefused: the hub wants a licence accepted first.
        Offline: the hub cannot be reached.
    """
    if isinstance(source, Path):
        return source
    if Path(source).is_dir():
        return Path(source)
    patterns = [*_FILES, "*.py"] if trust_remote_code else _FILES
    try:
        return Path(snapshot_download(source, allow_patterns=patterns, local_files_only=True))
    except LocalEntryNotFoundError:
        return _download(source, patterns)


def _download(name: str, patterns: list[str]) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, etag_timeout=5))
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
