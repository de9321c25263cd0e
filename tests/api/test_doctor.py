"""The doctor says what is wrong, and only then."""

from importlib import metadata
from pathlib import Path

import pytest

from workbench.api import doctor


def test_what_is_installed_and_new_enough_is_well() -> None:
    check = doctor._package("trl")
    assert check.ok
    assert check.value.startswith("1.16")


def test_a_version_outside_the_project_s_bounds_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "0.9.0")
    check = doctor._package("trl")
    assert not check.ok
    assert "1.16" in check.problem
    assert check.fix.startswith("pip install")


def test_a_package_that_is_absent_is_named() -> None:
    check = doctor._package("no-such-package-anywhere")
    assert (check.value, check.ok) == ("absent", False)


def test_a_program_that_fails_gives_its_last_line() -> None:
    assert doctor._ask_python("raise ValueError('no driver')") == ("", "ValueError: no driver")
    assert doctor._ask_python("print('fine')") == ("fine", "")


def test_what_lies_in_the_folder_where_it_is_asked_is_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("raise SystemExit('of a stranger')")
    monkeypatch.chdir(tmp_path)
    assert doctor._ask_python("import colorsys; print('fine')") == ("fine", "")
