"""What is kept of a model's answers, and what others find of the dataset afterwards."""

from pathlib import Path

import pytest

from workbench import api
from workbench.data.store import find_content, read_rows, read_splits
from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.pairs import Message, plain
from workbench.domain.recipes import DpoRecipe
from workbench.domain.records import VERSIONS, DataInput, Inputs, Job
from workbench.storage.project import Project

PROMPT = plain("Once upon a time")
GOOD = api.KeptResponse(text=" all was well.", gold=0.5, model="run:a@4")
BAD = api.KeptResponse(text=" it rained", was_cut=True, gold=-0.5, model="run:b@4")


def read_by_a_run(project: Project, name: str) -> str:
    """Adds a run that reads the dataset as it is now; returns the content's hash."""
    sha256 = project.dataset(name).content_sha256
    inputs = Inputs(model="m", data=DataInput(name=name, sha256=sha256, split="train"))
    project.add_job(Job(id=f"dpo-{sha256[:6]}", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    return sha256


def test_a_prompt_makes_its_dataset_and_the_manifest_names_it(project: Project) -> None:
    kept = api.keep_prompt(project, PROMPT)
    assert kept.dataset == "kept-prompts"
    assert project.manifest().datasets == ("kept-prompts",)
    assert [row.prompt for row in read_rows(project.dataset_folder("kept-prompts"))] == [PROMPT]
    assert project.manifest().splits["kept-prompts"].counts["test"] == 1


def test_a_prompt_is_kept_once(project: Project) -> None:
    api.keep_prompt(project, PROMPT)
    with pytest.raises(AlreadyExists, match="in the dataset `kept-prompts` already"):
        api.keep_prompt(project, PROMPT)


def test_a_pair_says_who_said_it_how_gold_judged_and_what_was_cut(project: Project) -> None:
    api.keep_pair(project, PROMPT, GOOD, BAD, metadata={"seed": 3})
    (row,) = read_rows(project.dataset_folder("kept-pairs"))
    assert (row.prompt, row.chosen, row.rejected) == (PROMPT, plain(" all was well."), plain(" it rained"))
    assert (row.gold_chosen, row.gold_rejected, row.chosen_cut, row.rejected_cut) == (0.5, -0.5, False, True)
    assert row.metadata["chosen_model"] == "run:a@4"
    assert row.metadata["seed"] == 3


def test_a_chat_s_responses_are_the_assistant_s(project: Project) -> None:
    chat = api.as_prompt("Hi", is_chat=True, system="Be kind.")
    api.keep_pair(project, chat, GOOD, BAD)
    (row,) = read_rows(project.dataset_folder("kept-pairs"))
    assert row.prompt == (Message("system", "Be kind."), Message("user", "Hi"))
    assert row.chosen == (Message("assistant", " all was well."),)


def test_a_run_that_read_the_dataset_still_finds_what_it_read(project: Project) -> None:
    api.keep_pair(project, PROMPT, GOOD, BAD)
    sha256 = read_by_a_run(project, "kept-pairs")
    for number in range(3):
        api.keep_pair(project, plain(f"prompt {number}"), GOOD, BAD)
    folder = project.dataset_folder("kept-pairs")
    assert len(list(read_rows(find_content(folder, sha256)))) == 1
    assert project.dataset("kept-pairs", sha256).n_rows == 1
    assert project.dataset("kept-pairs").n_rows == 4
    kept_for = {path.name for path in (folder / VERSIONS).iterdir()}
    assert sha256 in kept_for
    assert len(kept_for) == 2  # and the one before this, on which a run may be planned right now


def test_a_run_that_comes_back_from_the_trash_still_finds_what_it_read(project: Project) -> None:
    api.keep_pair(project, PROMPT, GOOD, BAD)
    sha256 = read_by_a_run(project, "kept-pairs")
    deletion = api.delete_runs(project, [f"dpo-{sha256[:6]}"])
    for number in range(3):
        api.keep_pair(project, plain(f"prompt {number}"), GOOD, BAD)
    api.restore(project, deletion)
    assert len(list(read_rows(find_content(project.dataset_folder("kept-pairs"), sha256)))) == 1


def test_taking_back_gives_the_content_before_it(project: Project) -> None:
    api.keep_pair(project, PROMPT, GOOD, BAD)
    before = project.dataset("kept-pairs")
    kept = api.keep_pair(project, plain("another"), GOOD, BAD)
    api.keep_pair(project, plain("a third"), GOOD, BAD)
    api.take_back(project, kept)
    prompts = [row.prompt for row in read_rows(project.dataset_folder("kept-pairs"))]
    assert prompts == [PROMPT, plain("a third")]
    assert before.n_rows == 1
    assert project.manifest().splits["kept-pairs"] == project.dataset("kept-pairs").splits


def test_a_dataset_goes_with_its_only_row_and_can_be_made_again(project: Project) -> None:
    kept = api.keep_prompt(project, PROMPT)
    api.take_back(project, kept)
    assert project.manifest().datasets == ()
    assert not project.dataset_folder("kept-prompts").exists()
    assert api.keep_prompt(project, PROMPT).n_rows == 1


def test_the_only_row_stays_where_a_run_reads_it(project: Project) -> None:
    kept = api.keep_pair(project, PROMPT, GOOD, BAD)
    read_by_a_run(project, "kept-pairs")
    with pytest.raises(BadInput, match="A run reads the dataset"):
        api.take_back(project, kept)
    assert project.dataset("kept-pairs").n_rows == 1


def test_an_imported_dataset_grows_and_its_prompts_stay_in_their_splits(project: Project, tmp_path: Path) -> None:
    lines = [f'{{"prompt": "p{i}", "chosen": " yes{i}", "rejected": " no{i}"}}\n' for i in range(40)]
    source = tmp_path / "pairs.jsonl"
    source.write_text("".join(lines))
    api.import_dataset(project, source, "pairs")
    before = read_splits(project.dataset_folder("pairs"))
    api.keep_pair(project, PROMPT, GOOD, BAD, "pairs")
    after = read_splits(project.dataset_folder("pairs"))
    assert {key: after[key] for key in before} == before
    assert project.dataset("pairs").source == str(source)


def test_rows_of_another_kind_and_equal_responses_are_refused(project: Project) -> None:
    api.keep_prompt(project, PROMPT)
    with pytest.raises(BadInput, match="holds prompts rows; expected preference"):
        api.keep_pair(project, PROMPT, GOOD, BAD, "kept-prompts")
    with pytest.raises(BadInput, match="same text as"):
        api.keep_pair(project, PROMPT, GOOD, GOOD)
    assert project.manifest().datasets == ("kept-prompts",)


def test_taking_back_from_a_dataset_that_is_gone_says_so(project: Project) -> None:
    kept = api.keep_prompt(project, PROMPT)
    api.take_back(project, kept)
    with pytest.raises(NotFound):
        api.take_back(project, kept)


@pytest.mark.parametrize("n_others", [0, 1])
def test_a_dataset_that_holds_something_else_by_now_stays_as_it_is(project: Project, n_others: int) -> None:
    kept = api.keep_prompt(project, PROMPT)
    api.take_back(project, kept)
    others = [plain("another"), *(plain(f"other {number}") for number in range(n_others))]
    for other in others:
        api.keep_prompt(project, other)
    with pytest.raises(NotFound, match="does not hold what was kept"):
        api.take_back(project, kept)
    assert [row.prompt for row in read_rows(project.dataset_folder("kept-prompts"))] == others


def test_a_dataset_that_went_with_its_only_row_is_in_the_trash(project: Project) -> None:
    api.take_back(project, api.keep_prompt(project, PROMPT))
    (deletion,) = api.show_trash(project)
    api.restore(project, deletion.id)
    assert [row.prompt for row in read_rows(project.dataset_folder("kept-prompts"))] == [PROMPT]
    assert project.manifest().datasets == ("kept-prompts",)
