"""The person's account on the Hugging Face hub: a token in the system's keyring, in no file and no log of ours."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from workbench.domain.errors import BadInput, NotFound, WorkbenchError
from workbench.storage.preferences import read_preferences

VARIABLE = "HF_TOKEN"
_SERVICE, _NAME = "preference-workbench", "hub-token"
_ANSWER_WITHIN_S = 5.0  # a locked keyring asks a person who may not be there; a run is not to wait for that
_NO_KEYRING = f"Set the environment variable {VARIABLE} instead before the program starts."


class TokenState(NamedTuple):
    """Where the token comes from. `keyring` names the system's keyring, `problem` says why there is none."""

    source: Literal["keyring", "environment", "none"]
    keyring: str
    problem: str


def hub_token_state() -> TokenState:
    """Returns whether there is a token, and where; never the token."""
    try:
        stored, name, problem = _stored_token(), _keyring_name(), ""
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
    import keyring  # noqa: PLC0415  (a tenth of a second that only the hub needs)

    _ask(lambda: keyring.set_password(_SERVICE, _NAME, token))
    if _stored_token() != token:  # one that is switched off takes everything and keeps nothing
        raise NotFound("The keyring of this computer keeps nothing.", _NO_KEYRING)


def forget_hub_token() -> None:
    """Takes the token out of the keyring; nothing happens where there is none.

    Raises:
        NotFound: this computer has no keyring, or it stays locked.
    """
    import keyring  # noqa: PLC0415

    if (stored := _stored_token()) is not None:
        _ask(lambda: keyring.delete_password(_SERVICE, _NAME))
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
    import keyring  # noqa: PLC0415

    found: list[str | None] = []
    _ask(lambda: found.append(keyring.get_password(_SERVICE, _NAME)))
    return found[0]


def _keyring_name() -> str:
    import keyring  # noqa: PLC0415

    return str(keyring.get_keyring().name)


def _ask(question: Callable[[], object]) -> None:
    """Asks the keyring in a thread, since it may wait for a person who has to unlock it."""
    from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415

    problems: list[Exception] = []

    def work() -> None:
        try:
            question()
        except Exception as error:  # backends raise what their systems do
            problems.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(_ANSWER_WITHIN_S)
    if thread.is_alive():
        raise NotFound(f"The keyring has not answered within {_ANSWER_WITHIN_S:.0f} s.", "Unlock it and try again.")
    if not problems:
        return
    if isinstance(problems[0], NoKeyringError):
        raise NotFound("This computer has no keyring that could keep a token.", _NO_KEYRING) from problems[0]
    if isinstance(problems[0], KeyringError):
        raise NotFound(f"The keyring refused: {problems[0]}.", _NO_KEYRING) from problems[0]
    raise problems[0]
