"""Secrets in the system's keyring: never in a file, a log or an error of ours."""

import os
import threading
from collections.abc import Callable
from typing import Literal

from workbench.domain.errors import BadInput, NotFound, WorkbenchError

KeySource = Literal["keyring", "environment", "nowhere", "not needed"]
SERVICE = "preference-workbench"
_ANSWER_WITHIN_S = 5.0  # a locked keyring asks a person who may not be there; a run is not to wait for that


def read_secret(name: str, instead: str) -> str | None:
    """Returns a secret; None where there is none.

    Args:
        name: under which it lies.
        instead: what to do without a keyring, for the error's hint.

    Raises:
        NotFound: this computer has no keyring, or it stays locked.
    """
    import keyring  # noqa: PLC0415  (a tenth of a second that few need)

    found: list[str | None] = []
    _ask(lambda: found.append(keyring.get_password(SERVICE, name)), instead)
    return found[0]


def store_secret(name: str, secret: str, instead: str) -> None:
    """Keeps a secret and makes sure that it is kept.

    Raises:
        NotFound: this computer has no keyring, or it stays locked, or it keeps nothing.
    """
    import keyring  # noqa: PLC0415

    _ask(lambda: keyring.set_password(SERVICE, name, secret), instead)
    if read_secret(name, instead) != secret:  # one that is switched off takes everything and keeps nothing
        raise NotFound("The keyring of this computer keeps nothing.", instead)


def forget_secret(name: str, instead: str) -> None:
    """Takes a secret away that is there.

    Raises:
        NotFound: this computer has no keyring, or it stays locked.
    """
    import keyring  # noqa: PLC0415

    _ask(lambda: keyring.delete_password(SERVICE, name), instead)


def keyring_name() -> str:
    """Returns what the system's keyring is called."""
    import keyring  # noqa: PLC0415

    return str(keyring.get_keyring().name)


def read_key(name: str) -> str | None:
    """Returns the key of an endpoint: from the keyring, else from the environment variable of that name.

    Args:
        name: as the endpoint names it; empty means that it needs none.

    Raises:
        NotFound: it is in neither.
    """
    if not name:
        return None
    if found := _stored_key(name) or os.environ.get(name):
        return found
    raise NotFound(
        f"The key `{name}` is neither in the keyring nor in the environment.",
        f"Store it with `workbench endpoints NAME --store-key`, in Settings, or in an environment variable {name}.",
    )


def key_source(name: str) -> KeySource:
    """Returns where the key of an endpoint would come from; never the key. An empty name needs none."""
    if not name:
        return "not needed"
    if _stored_key(name):
        return "keyring"
    return "environment" if os.environ.get(name) else "nowhere"


def store_key(name: str, key: str) -> None:
    """Puts the key of an endpoint into the keyring.

    Raises:
        BadInput: it is empty or holds spaces.
        NotFound: see `store_secret`.
    """
    key = key.strip()
    if not key or not key.isascii() or any(letter.isspace() for letter in key):
        raise BadInput("The key is empty, or holds spaces or letters that no key has.", "Copy it whole.")
    store_secret(_key(name), key, f"Set the environment variable {name} instead before the program starts.")


def forget_key(name: str) -> None:
    """Takes the key of an endpoint out of the keyring; nothing happens where there is none."""
    instead = f"Unset the environment variable {name} instead."
    if read_secret(_key(name), instead) is not None:
        forget_secret(_key(name), instead)


def _stored_key(name: str) -> str | None:
    try:
        return read_secret(_key(name), "")
    except WorkbenchError:
        return None  # the variable may stand in


def _key(name: str) -> str:
    return f"endpoint-key {name}"


def _ask(question: Callable[[], object], instead: str) -> None:
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
        raise NotFound("This computer has no keyring that could keep a secret.", instead) from problems[0]
    if isinstance(problems[0], KeyringError):
        raise NotFound(f"The keyring refused: {problems[0]}.", instead) from problems[0]
    raise problems[0]
