"""The person's account on the Hugging Face hub: a token in the system's keyring, in no file and no log of ours."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from workbench.domain.errors import BadInput, WorkbenchError
from workbench.storage.keyring_access import forget_secret, keyring_name, read_secret, store_secret
from workbench.storage.preferences import read_preferences

VARIABLE = "HF_TOKEN"
_NAME = "hub-token"
_NO_KEYRING = f"Set the environment variable {VARIABLE} instead before the program starts."


class TokenState(NamedTuple):
    """Where the token comes from. `keyring` names the system's keyring, `problem` says why there is none."""

    source: Literal["keyring", "environment", "none"]
    keyring: str
    problem: str


def hub_token_state() -> TokenState:
    """Returns whether there is a token, and where; never the token."""
    try:
        stored, name, problem = _stored_token(), keyring_name(), ""
    except WorkbenchError as error:
        stored, name, problem = None, "", str(error)
    if stored:
        return TokenState("keyring", name, problem)
    return TokenState("environment" if os.environ.get(VARIABLE) else "none", name, problem)


def store_hub_token(token: str) -> None:
    """Puts the token into the system's keyring.

    Raises:
        BadInput: it is empty or holds spaces.
        NotFound: this computer has no keyring, or it stays locked.
    """
    token = token.strip()
    if not token or any(letter.isspace() for letter in token):
        raise BadInput("The hub token is empty or holds spaces.", "Copy it whole, as hf_...")
    store_secret(_NAME, token, _NO_KEYRING)


def forget_hub_token() -> None:
    """Takes the token out of the keyring; nothing happens where there is none.

    Raises:
        NotFound: this computer has no keyring, or it stays locked.
    """
    if (stored := _stored_token()) is not None:
        forget_secret(_NAME, _NO_KEYRING)
        if os.environ.get(VARIABLE) == stored:  # put there by `enter_hub`
            del os.environ[VARIABLE]


def hub_environment() -> dict[str, str]:
    """Returns the variables that give a process the person's account and folder on the hub; a stored token wins."""
    found = _folder()
    try:
        token = _stored_token()
    except WorkbenchError:
        return found  # what HF_TOKEN says stands
    return found | ({VARIABLE: token} if token else {})


def enter_hub_folder() -> None:
    """Lets this process find the hub's downloads where the person keeps them; asks no keyring.

    Called when the process starts: the hub's library reads the variable once, when it is imported. Preferences that
    cannot be read are for those to report who need them.
    """
    with suppress(WorkbenchError):
        os.environ.update(_folder())


def enter_hub() -> None:
    """Lets this process use the hub as the person; called before the hub is asked."""
    os.environ.update(hub_environment())


def _folder() -> dict[str, str]:
    cache = read_preferences().folders.hub_cache
    return {"HF_HUB_CACHE": str(Path(cache).expanduser())} if cache else {}


def _stored_token() -> str | None:
    return read_secret(_NAME, _NO_KEYRING)
