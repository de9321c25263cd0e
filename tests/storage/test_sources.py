from pathlib import Path

import pytest

from workbench.domain.errors import BadInput, NotFound
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.sources import parse_run_name, resolve_checkpoint, resolve_model, run_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    run = tmp_path / "runs" / "dpo-s0-12345678"
    for step in (5, 10):
        temporary = run / "checkpoints" / f".tmp-{step}"
        temporary.mkdir(parents=True)
        commit_checkpoint(temporary, checkpoint_folder(run, step), step, None, None, 0.0)
    (tmp_path / "models" / "small").mkdir(parents=True)
    return tmp_path


def test_a_run_means_its_last_checkpoint_unless_a_step_is_named(project: Path) -> None:
    folder = project / "runs" / "dpo-s0-12345678" / "checkpoints"
    assert resolve_model("run:dpo-s0-12345678", project) == folder / "checkpoint-10"
    assert resolve_model("run:dpo-s0-12345678@5", project) == folder / "checkpoint-5"
    assert resolve_checkpoint("run:dpo-s0-12345678@5", project).step == 5


def test_a_missing_checkpoint_is_answered_with_those_that_are_there(project: Path) -> None:
    with pytest.raises(NotFound, match=r"no checkpoint at step 7 \(saved steps: 5, 10\)"):
        resolve_model("run:dpo-s0-12345678@7", project)
    with pytest.raises(NotFound, match=r"no checkpoint yet \(saved steps: none\)"):
        resolve_model("run:other", project)


def test_a_folder_is_looked_up_in_the_project(project: Path) -> None:
    assert resolve_model("models/small", project) == project / "models" / "small"
    assert resolve_model("./models/small", project) == project / "models" / "small"
    assert resolve_model(str(project / "models"), project) == project / "models"


def test_what_is_no_folder_here_may_be_a_hub_id(project: Path) -> None:
    assert resolve_model("gpt2", project) == "gpt2"
    assert resolve_model("org/model-1.5b", project) == "org/model-1.5b"


def test_a_path_that_leads_nowhere_is_not_taken_for_a_hub_id(project: Path) -> None:
    for name in ("../gone", "./gone", "/gone/for/good", "~/gone-for-good"):
        with pytest.raises(NotFound, match="no model folder"):
            resolve_model(name, project)
    with pytest.raises(BadInput, match="neither a model folder nor a hub id"):
        resolve_model("a b", project)


def test_a_run_name_says_which_run_and_which_step() -> None:
    assert parse_run_name("run:x") == ("x", None)
    assert parse_run_name("run:x@20") == ("x", 20)
    assert run_of("run:x@20") == "x"
    assert run_of("gpt2") is None
    with pytest.raises(BadInput, match="not a whole number"):
        parse_run_name("run:x@last")
