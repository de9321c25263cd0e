"""A built wheel carries its assets and works where it is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(_REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_demo_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "workbench/_assets/film-critic/experiment.yaml" in names
    assert "workbench/_assets/sample/project.workbench" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_elsewhere_the_demo_finds_its_files_and_saves_to_documents(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        "import workbench.api as api, workbench.data.assets as assets\n"
        "print(assets.asset('film-critic/experiment.yaml').parent.parent.name, api.demo_folder())"
    )
    environment = os.environ | {"PYTHONPATH": str(site), "HOME": str(tmp_path), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    assets, folder = done.stdout.split(maxsplit=1)
    assert assets == "_assets"
    assert Path(folder.strip()) == tmp_path / "Documents" / "Preference Workbench" / "demo"
