"""A dataset by its hub id, fetched into the hub's cache; everything after that reads files.

`owner/name` takes the file of the train split, `owner/name:path/in/repository` the file that is named.
"""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from workbench.domain.errors import BadInput, NotFound, Offline

T = TypeVar("T")
_HUB_ID = re.compile(r"^(?:hub:)?(?P<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?::(?P<file>.+))?$")
_DATA_FILE = re.compile(r"\.(jsonl|json|csv|tsv|parquet|arrow|feather)(\.gz)?$", re.IGNORECASE)
_REACH_WITHIN_S = 8.0  # for the list of files; a name server that does not answer would hold us for a minute


def is_hub_id(source: str) -> bool:
    """Says whether `source` can only be meant for the hub: it looks like an id, and no such file or folder is here."""
    match = _HUB_ID.match(source)
    if match is None or Path(source).exists():
        return False
    is_path = _DATA_FILE.search(match["id"]) or source.endswith(".gz") or Path(source).parent.is_dir()
    return source.startswith("hub:") or bool(match["file"]) or not is_path


def local_file(source: Path | str) -> Path:
    """Returns the file that is meant; one of the hub is fetched first.

    Raises:
        Offline, NotFound, BadInput: see `fetch`.
    """
    return fetch(source) if isinstance(source, str) and is_hub_id(source) else Path(source)


def fetch(source: str) -> Path:
    """Returns the local copy of a hub dataset's file, downloading what is not there yet.

    Raises:
        Offline: the hub does not answer.
        NotFound: the hub has no such dataset or file, or it asks for an account.
        BadInput: which file is meant cannot be told.
    """
    match = _HUB_ID.match(source)
    if match is None:
        raise BadInput(f"{source}: is no hub id; expected owner/name.", "As in trl-lib/ultrafeedback_binarized.")
    repository = match["id"]
    names = _asked(repository, lambda: _list_files(repository))
    wanted = match["file"] or _train_file(repository, names)
    if wanted not in names:
        raise NotFound(f"{repository}: the hub has no file {wanted} there.", f"It has {', '.join(names[:8])}.")
    return _asked(repository, lambda: _download(repository, wanted), within_s=None)


def _list_files(repository: str) -> list[str]:
    from huggingface_hub import HfApi  # noqa: PLC0415  (a third of a second that only hub imports need)

    info = HfApi().dataset_info(repository, timeout=_REACH_WITHIN_S)
    return sorted(file.rfilename for file in info.siblings or [] if _DATA_FILE.search(file.rfilename))


def _download(repository: str, name: str) -> Path:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    return Path(hf_hub_download(repository, name, repo_type="dataset", etag_timeout=_REACH_WITHIN_S))


def _train_file(repository: str, names: list[str]) -> str:
    """Returns the one file of the train split, or the only file.

    Raises:
        BadInput: there is none, or more than one.
    """
    train = [name for name in names if "train" in name.lower()]
    candidates = train or names
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise BadInput(
            f"{repository}: holds no file that can be imported.", "Choose a dataset with JSON, CSV or Parquet."
        )
    shown = ", ".join(candidates[:6])
    raise BadInput(
        f"{repository}: holds {len(candidates)} files and one was expected: {shown}.",
        f"Name one, as {repository}:{candidates[0]}.",
    )


def _asked(repository: str, ask: Callable[[], T], within_s: float | None = _REACH_WITHIN_S + 2) -> T:
    """Asks the hub in a thread, since looking up a name cannot be given a time limit."""
    from huggingface_hub import errors  # noqa: PLC0415
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415  (documented there, not typed)

    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise _offline(repository, "HF_HUB_OFFLINE is set")
    answers: list[T] = []
    problems: list[Exception] = []

    def work() -> None:
        try:
            answers.append(ask())
        except (OSError, httpx.HTTPError, errors.HFValidationError) as error:
            problems.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(within_s)
    if answers:
        return answers[0]
    if problems and isinstance(problems[0], errors.RepositoryNotFoundError | errors.GatedRepoError):
        raise NotFound(
            f"{repository}: the hub has no such dataset, or it is not open to everybody.",
            "Check the name, or download it.",
        ) from problems[0]
    raise _offline(repository, str(problems[0]).splitlines()[0] if problems else "no answer")


def _offline(repository: str, why: str) -> Offline:
    return Offline(
        f"{repository}: there is no such file here, and the Hugging Face hub cannot be reached ({why}).",
        "Check the path or the connection, or download the dataset and import its file.",
    )
