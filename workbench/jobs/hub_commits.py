"""Which commit a hub id stands for today, so that a run says what it was made from and a later one finds it again."""

from pathlib import Path

from workbench.storage.hub_access import enter_hub
from workbench.storage.sources import parse_hub_name

_TIMEOUT_S = 5.0


def pinned(name: str) -> str:
    """Returns ``NAME@COMMIT`` for a hub id; the id itself where no commit can be known, as without a network.

    Args:
        name: ``NAME`` or ``NAME@REVISION``. What the cache holds is believed, since that is what is loaded; else the hub is
            asked.
    """
    enter_hub()
    hub_id, revision = parse_hub_name(name)
    cached = cached_folder(name)
    commit = cached.name if cached else _commit_on_hub(hub_id, revision)
    return name if commit is None else f"{hub_id}@{commit}"


def cached_folder(name: str) -> Path | None:
    """Returns the folder in the local cache that a hub id is loaded from; None where it is not there. Asks nobody."""
    from huggingface_hub import errors, try_to_load_from_cache  # noqa: PLC0415  (only hub ids need its third of a second)

    hub_id, revision = parse_hub_name(name)
    try:
        found = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    except errors.HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _commit_on_hub(hub_id: str, revision: str | None) -> str | None:
    from huggingface_hub import HfApi, errors  # noqa: PLC0415
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415  (documented there, not typed)

    try:
        return HfApi().model_info(hub_id, revision=revision, timeout=_TIMEOUT_S).sha
    except (errors.HFValidationError, errors.OfflineModeIsEnabled, httpx.HTTPError, OSError):
        return None
