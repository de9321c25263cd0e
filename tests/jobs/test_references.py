from pathlib import Path

import pytest

from tests.storage.records import dataset, job
from workbench.data.judges import load_judge
from workbench.domain.errors import BadInput, ModelRefused, NotFound
from workbench.jobs.references import References, rows, rows_if_any
from workbench.storage.hashes import Hasher
from workbench.storage.project import Project


@pytest.fixture
def references(tmp_path: Path) -> References:
    project = Project.create(tmp_path / "project")
    return References(project, tmp_path, Hasher(project))


def test_a_judge_file_is_found_from_the_experiment_file_and_hashed(references: References) -> None:
    file = references.base / "taste.py"
    file.write_text("def score(prompts, responses): return [0.0] * len(responses)")
    before = references.judge("taste.py:score")
    assert before.name == f"{file.resolve()}:score"
    file.write_text("def score(prompts, responses): return [1.00] * len(responses)")
    after = references.judge("taste.py:score")
    assert after.name == before.name
    assert after.hash != before.hash


def test_a_missing_judge_file_is_named(references: References) -> None:
    with pytest.raises(NotFound, match=r"no judge file .*gone\.py"):
        references.judge("gone.py:score")


def test_a_judge_by_name_stands_for_itself(references: References) -> None:
    for name in ("vader", "length", "xml.sax.saxutils:escape"):
        assert references.judge(name) == (name, name, ())


def test_a_misspelt_judge_is_found_before_anything_is_trained(references: References) -> None:
    with pytest.raises(NotFound, match="Did you mean `film-critic`"):
        references.judge("film-critik")


def test_a_judge_file_inside_the_project_moves_with_it(references: References) -> None:
    folder = references.project.folder / "judges"
    folder.mkdir()
    (folder / "taste.py").write_text("def score(prompts, responses): return [len(text) for text in responses]")
    name = references.judge("project/judges/taste.py:score").name
    assert name == "./judges/taste.py:score"
    moved = references.project.folder.rename(references.base / "moved")
    assert load_judge(name, moved)(["p"], ["abc"]) == [3.0]


def test_a_reward_run_as_judge_must_be_finished_first(references: References) -> None:
    references.project.add_job(job("reward-s0-1"))
    judge = references.judge("reward:reward-s0-1")
    assert (judge.name, judge.needs) == ("reward:reward-s0-1", ("reward-s0-1",))
    assert judge.hash == "reward:hash of reward-s0-1@last"


def test_a_reward_folder_as_judge_is_found_from_the_experiment_file(references: References) -> None:
    folder = references.base / "models" / "judge"
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_text("{}")
    assert references.judge("reward:models/judge").name == f"reward:{folder.resolve()}"


def test_a_run_as_model_is_named_by_what_it_computes_and_its_step(references: References) -> None:
    references.project.add_job(job("dpo-s0-1"))
    assert references.model("run:dpo-s0-1") == ("run:dpo-s0-1", "hash of dpo-s0-1@last", ("dpo-s0-1",))
    assert references.model("run:dpo-s0-1@20").hash == "hash of dpo-s0-1@20"
    with pytest.raises(NotFound):
        references.model("run:gone")


def test_a_folder_without_a_configuration_is_no_model(references: References) -> None:
    (references.base / "empty").mkdir()
    with pytest.raises(ModelRefused, match=r"has no config\.json"):
        references.model("empty")


def test_an_empty_split_is_refused_only_where_it_is_needed() -> None:
    record = dataset("d", validation=0)
    assert rows(record, "train").sha256 == "abc"
    assert rows_if_any(record, "validation") is None
    with pytest.raises(BadInput, match="The validation split of the dataset `d` is empty"):
        rows(record, "validation")
