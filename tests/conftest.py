"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # nobody's own secrets are read or asked for

_REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that take long come first, so that of two processes none works on alone at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def preferences_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests, and the processes that they start, see no preferences of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_CONFIG", str(tmp_path_factory.mktemp("config")))
        patch.setenv("WORKBENCH_ANSWERS", str(tmp_path_factory.mktemp("answers")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and preference data that stands beside the checkout."""
    folder = _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared models and preference data are not beside this checkout")
    return folder
