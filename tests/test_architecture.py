"""The house rules that import contracts cannot see: everything imports, and nobody waits for what they do not use."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

_MODULES = sorted(module.name for module in pkgutil.walk_packages(workbench.__path__, "workbench."))
_HEAVY = (
    "torch",
    "transformers",
    "trl",
    "datasets",
    "peft",
    "PySide6",
    "duckdb",
    "pyarrow",
    "matplotlib",
    "scipy",
    "numpy",
)


@pytest.mark.parametrize("name", [name for name in _MODULES if not name.endswith("__main__")])
def test_every_module_imports(name: str) -> None:
    assert importlib.import_module(name).__name__ == name


def _loaded_by(program: str) -> set[str]:
    code = f"import sys\n{program}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_command_line_s_help_loads_nothing_heavy() -> None:
    program = "from workbench.cli import app\napp(['--help'], standalone_mode=False)"
    assert _loaded_by(program).isdisjoint(_HEAVY)


def test_the_runner_loads_neither_torch_nor_qt() -> None:
    assert _loaded_by("import workbench.jobs.runner").isdisjoint({"torch", "transformers", "PySide6"})


def test_the_whole_api_loads_neither_torch_nor_qt() -> None:
    program = "import workbench.api as api\nfor name in api.__all__: getattr(api, name)"
    assert _loaded_by(program).isdisjoint({"torch", "transformers", "PySide6"})


def test_the_window_loads_neither_torch_nor_what_draws_files() -> None:
    program = "import workbench.ui.application\nfrom workbench.ui.pages import PAGES\nfor page in PAGES: page.load()"
    unwanted = {"torch", "transformers", "trl", "datasets", "matplotlib", "huggingface_hub", "duckdb", "keyring"}
    assert _loaded_by(program).isdisjoint(unwanted)


@pytest.mark.slow
def test_the_worker_loads_no_qt() -> None:
    names = [name for name in _MODULES if name.startswith("workbench.training.")]
    program = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)
    assert _loaded_by(program).isdisjoint({"PySide6", "pyqtgraph"})


@pytest.mark.slow
def test_the_window_reads_its_tables_without_pandas(tmp_path: Path) -> None:
    program = f"""
from workbench.ui.application import do_without_pandas
do_without_pandas()
import pyarrow as pa, pyarrow.parquet as pq
path = {str(tmp_path / "rows.parquet")!r}
pq.write_table(pa.table({{"name": ["a", "b"], "value": [1.0, None]}}), path)
table = pq.read_table(path, filters=[("name", "=", "b")])
assert table.to_pylist() == [{{"name": "b", "value": None}}]
assert str(table["value"].to_numpy()) == "[nan]"
import duckdb
assert duckdb.sql(f"select count(*) from '{{path}}'").fetchall() == [(2,)]
"""
    assert "pandas" not in _loaded_by(program)
