"""Deleting, renaming, tagging and duplicating, each with what takes it back."""

from pathlib import Path
from types import ModuleType

import pytest
from evaluated_runs import realistic

from tests.storage.records import job
from workbench import api
from workbench.data.store import find_content
from workbench.domain.errors import AlreadyExists, BadInput, BadSetting, Busy, DiskFull, NotFound
from workbench.domain.pairs import plain
from workbench.domain.recipes import PpoRecipe, RewardRecipe
from workbench.domain.records import DataInput, Inputs, Outcome
from workbench.jobs import launch, removal
from workbench.jobs.queue import read_queue
from workbench.storage import project as storage_project
from workbench.storage import renaming
from workbench.storage.liveness import lock_for_worker
from workbench.storage.locks import dataset_alone
from workbench.storage.project import Project


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Four runs in the queue; `c` needs `a`."""
    monkeypatch.setattr(launch, "wake_runner", lambda _project: False)
    project = Project.create(tmp_path / "queued")
    launch.enqueue(project, [job("a"), job("b"), job("c", needs=("a",)), job("d")])
    return project


@pytest.fixture
def stories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """PPO and two DPO arms over two seeds, evaluated."""
    monkeypatch.setattr(launch, "wake_runner", lambda _project: False)
    return realistic(tmp_path / "stories", seeds=(0, 1), n_prompts=4, steps=2)


def _data(project: Project, tmp_path: Path, name: str = "pairs") -> api.ImportResult:
    source = tmp_path / "source.jsonl"
    source.write_text('{"prompt": "p", "chosen": "c", "rejected": "r"}\n' * 20)
    return api.import_dataset(project, source, name)


def test_deleted_runs_come_back_to_their_places_in_the_queue(queued: Project) -> None:
    (queued.run_folder("b") / "notes.txt").write_text("mine")
    deletion = api.delete_runs(queued, ["b", "d"])
    assert read_queue(queued).run_ids == ["a", "c"]
    with pytest.raises(NotFound):
        api.show_run(queued, "b")
    assert [(found.words, found.run_ids) for found in api.show_trash(queued)] == [("2 runs", ["b", "d"])]
    api.restore(queued, deletion)
    assert read_queue(queued).run_ids == ["a", "b", "c", "d"]
    assert (queued.run_folder("b") / "notes.txt").read_text() == "mine"
    assert api.show_trash(queued) == []


def test_a_run_that_a_queued_one_needs_stays_and_says_for_whom(queued: Project) -> None:
    with pytest.raises(Busy, match="a cannot be deleted: c, which is waiting, needs it"):
        api.delete_runs(queued, ["a"])
    api.delete_runs(queued, ["a", "c"])
    assert read_queue(queued).run_ids == ["b", "d"]


def test_a_run_at_work_is_not_deleted_and_nor_are_those_beside_it(queued: Project) -> None:
    lock = lock_for_worker(queued.run("b"), "cpu")
    assert lock is not None
    with open(lock, "w"), pytest.raises(Busy, match="b is at work"):  # noqa: PTH123
        api.delete_runs(queued, ["d", "b"])
    assert read_queue(queued).run_ids == ["a", "b", "c", "d"]


def test_a_training_run_takes_its_evaluation_along(stories: Project) -> None:
    n_runs = len(stories.jobs())
    api.delete_runs(stories, ["ppo-s0"])
    assert len(stories.jobs()) == n_runs - 2
    assert [arm.name for arm in api.compare_runs(stories).arms if 0 not in arm.seeds] == ["PPO"]


def test_what_is_there_again_is_not_overwritten(queued: Project) -> None:
    deletion = api.delete_runs(queued, ["b", "d"])
    queued.add_job(job("b"))
    with pytest.raises(AlreadyExists, match="`b`"):
        api.restore(queued, deletion)
    assert not queued.run_folder("d").exists()
    assert len(api.show_trash(queued)) == 1


def test_the_trash_is_emptied_for_good(queued: Project) -> None:
    deletion = api.delete_runs(queued, ["b"])
    assert api.show_project(queued).n_deleted == 1
    assert api.empty_trash(queued) > 0
    assert api.show_project(queued).n_deleted == 0
    with pytest.raises(NotFound, match="not in the trash any more"):
        api.restore(queued, deletion)


def test_an_experiment_goes_and_comes_back_with_its_runs_and_tags(stories: Project) -> None:
    api.change_tags(stories, "experiments", ["stories"], add=["keep"])
    before = api.show_experiments(stories)
    deletion = api.delete_experiment(stories, "stories")
    assert api.show_experiments(stories) == []
    api.restore(stories, deletion)
    assert api.show_experiments(stories) == before
    assert before[0].tags == ("keep",)


def test_an_experiment_does_not_come_back_over_another_of_its_name(stories: Project) -> None:
    with stories.edit() as edit:
        edit.change(runs={"stories": {run.id: run.arm or "" for run in stories.jobs()}})
    deletion = api.delete_experiment(stories, "stories")
    with stories.edit() as edit:
        edit.change(runs={"stories": {"other": "a new arm"}})
    with pytest.raises(AlreadyExists, match="again an experiment `stories`"):
        api.restore(stories, deletion)
    assert stories.manifest().runs == {"stories": {"other": "a new arm"}}
    assert [found.id for found in api.show_trash(stories)] == [deletion]
    assert stories.jobs() == []


def test_an_experiment_whose_deletion_was_cut_short_comes_back(stories: Project, monkeypatch) -> None:
    with stories.edit() as edit:
        edit.change(runs={"stories": {run.id: run.arm or "" for run in stories.jobs()}})
    before = api.show_experiments(stories)
    with monkeypatch.context() as crash:
        crash.setattr(removal, "_without", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            api.delete_experiment(stories, "stories")
    (deletion,) = api.show_trash(stories)
    api.restore(stories, deletion.id)
    assert api.show_experiments(stories) == before
    assert api.show_trash(stories) == []


def test_an_experiment_is_renamed_with_its_tags(stories: Project) -> None:
    api.change_tags(stories, "experiments", ["stories"], add=["keep"])
    api.rename_experiment(stories, "stories", "film critic")
    (shown,) = api.show_experiments(stories)
    assert (shown.name, shown.tags, len(shown.run_ids)) == ("film critic", ("keep",), 14)
    assert api.compare_runs(stories, experiment="film critic").arms
    with pytest.raises(NotFound, match="no experiment `stories`"):
        api.rename_experiment(stories, "stories", "again")


def test_an_arm_is_renamed_in_all_its_seeds_and_in_comparisons(stories: Project) -> None:
    assert api.rename_run(stories, "stories", "ppo-s0", "PPO, KL 0.02") == "PPO"
    assert [arm.name for arm in api.compare_runs(stories).arms].count("PPO, KL 0.02") == 1
    with pytest.raises(AlreadyExists, match=r"has a `DPO β=0\.1` already"):
        api.rename_run(stories, "stories", "ppo-s0", "DPO β=0.1")
    api.rename_run(stories, "stories", "ppo-s0", "PPO")
    assert "PPO" in [arm.name for arm in api.compare_runs(stories).arms]


@pytest.mark.parametrize("name", ["PPO", "PPO (stories)"])
def test_views_find_an_arm_whatever_it_or_its_experiment_is_called_by_now(stories: Project, name: str) -> None:
    api.save_view(stories, "mine", api.View(hidden=(name,), baseline="DPO β=0.1"))
    api.rename_run(stories, "stories", "ppo-s0", "PPO, KL 0.02")
    api.rename_run(stories, "stories", "dpo-0.1-s0", "DPO")
    api.rename_experiment(stories, "stories", "film critic")
    api.rename_run(stories, "film critic", "ppo-s0", "policy")
    found = api.compare_runs(stories, view=api.read_view(stories, "mine"))
    assert [arm.name for arm in found.hidden] == ["policy"]
    assert found.rival == "DPO"
    assert not [warning for warning in found.warnings if "hides" in warning]


def test_a_view_is_kept_by_names_that_last_and_finds_its_arms_when_another_takes_a_name(stories: Project) -> None:
    kept = api.compare_runs(stories, view=api.View(hidden=("PPO",))).view
    api.rename_run(stories, "stories", "ppo-s0", "old PPO")
    api.rename_run(stories, "stories", "dpo-0.1-s0", "PPO")
    assert [arm.name for arm in api.compare_runs(stories, view=kept).hidden] == ["old PPO"]
    assert api.name_arms(stories, kept).hidden == ("old PPO (stories)",)


def test_the_start_models_name_stays(stories: Project) -> None:
    with pytest.raises(BadInput, match="`reference` is the start model"):
        api.rename_run(stories, "stories", "eval-reference-s0", "base")


def test_a_dataset_is_deleted_and_brought_back_to_its_place(stories: Project, tmp_path: Path) -> None:
    for name in ("first", "second"):
        _data(stories, tmp_path, name)
    deletion = api.delete_dataset(stories, "first")
    assert [data.name for data in api.show_project(stories).datasets] == ["second"]
    api.restore(stories, deletion)
    assert [data.name for data in api.show_project(stories).datasets] == ["first", "second"]
    assert api.browse_dataset(stories, "first").count() == 20


def test_a_dataset_that_a_queued_run_reads_stays(queued: Project, tmp_path: Path) -> None:
    _data(queued, tmp_path)
    data = DataInput(name="pairs", sha256=queued.dataset("pairs").content_sha256)
    reader = job("reader").model_copy(update={"inputs": Inputs(model="m", data=data)})
    launch.enqueue(queued, [reader])
    with pytest.raises(Busy, match="`pairs` cannot be deleted: reader reads it"):
        api.delete_dataset(queued, "pairs")
    api.stop_run(queued, "reader")
    assert api.dataset_readers(queued, "pairs") == ["reader"]
    api.delete_dataset(queued, "pairs")


def test_a_renamed_dataset_is_found_by_its_content(queued: Project, tmp_path: Path) -> None:
    _data(queued, tmp_path)
    data = DataInput(name="pairs", sha256=queued.dataset("pairs").content_sha256)
    api.rename_dataset(queued, "pairs", "helpful")
    assert [record.name for record in api.show_project(queued).datasets] == ["helpful"]
    assert api.browse_dataset(queued, "helpful").count() == 20
    assert queued.data_folder(data) == queued.dataset_folder("helpful")
    assert not queued.dataset_folder("pairs").exists()
    with pytest.raises(BadInput):
        api.rename_dataset(queued, "helpful", "../elsewhere")


def test_a_name_under_which_somebody_is_importing_is_left_to_them(queued: Project, tmp_path: Path) -> None:
    _data(queued, tmp_path, "old")
    _data(queued, tmp_path, "gone")
    deletion = api.delete_dataset(queued, "gone")
    state = queued.state_folder()
    with dataset_alone(state, "new"), pytest.raises(Busy, match="changing the dataset 'new'"):
        api.rename_dataset(queued, "old", "new")
    with dataset_alone(state, "gone"), pytest.raises(Busy, match="changing the dataset 'gone'"):
        api.restore(queued, deletion)
    assert queued.manifest().datasets == ("old",)
    api.rename_dataset(queued, "old", "old")
    api.rename_dataset(queued, "old", "new")
    api.restore(queued, deletion)
    assert queued.manifest().datasets == ("new", "gone")


@pytest.mark.parametrize("where", [renaming, storage_project])
def test_a_rename_that_fails_leaves_the_name_free(
    queued: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: ModuleType
) -> None:
    _data(queued, tmp_path, "old")

    def full(*_: object) -> None:
        raise DiskFull("There is no room.", "")

    monkeypatch.setattr(where, "write_record", full)
    with pytest.raises(DiskFull):
        api.rename_dataset(queued, "old", "new")
    monkeypatch.undo()
    assert [folder.name for folder in queued.dataset_folder("old").parent.iterdir()] == ["old"]
    api.rename_dataset(queued, "old", "new")
    assert queued.manifest().datasets == ("new",)


def test_a_renamed_dataset_that_grows_keeps_what_an_earlier_run_read(queued: Project) -> None:
    api.keep_prompt(queued, plain("one"), "kept")
    data = DataInput(name="kept", sha256=queued.dataset("kept").content_sha256)
    queued.add_job(job("reader").model_copy(update={"inputs": Inputs(model="m", data=data)}))
    api.rename_dataset(queued, "kept", "mine")
    for text in ("two", "three", "four"):
        api.keep_prompt(queued, plain(text), "mine")
    assert queued.dataset("mine").n_rows == 4
    assert find_content(queued.data_folder(data), data.sha256).name == data.sha256
    api.rename_dataset(queued, "mine", "ours")
    assert queued.dataset("ours", data.sha256).name == "ours"


def test_tags_are_added_and_taken_away_and_taken_back(stories: Project) -> None:
    done = api.change_tags(stories, "runs", ["ppo-s0", "ppo-s1"], add=["keep", "best"])
    api.change_tags(stories, "runs", ["ppo-s1"], remove=["keep"])
    assert (api.show_run(stories, "ppo-s0").tags, api.show_run(stories, "ppo-s1").tags) == (("keep", "best"), ("best",))
    api.undo_tags(stories, "runs", done)
    assert api.show_run(stories, "ppo-s0").tags == ()
    with pytest.raises(BadInput, match="cannot be a tag"):
        api.change_tags(stories, "runs", ["ppo-s0"], add=["a,b"])


def test_taking_back_a_change_of_tags_leaves_what_others_changed_since(stories: Project) -> None:
    api.change_tags(stories, "runs", ["ppo-s0"], add=["first", "last"])
    done = api.change_tags(stories, "runs", ["ppo-s0"], add=["keep", "last"], remove=["first"])
    api.change_tags(stories, "runs", ["ppo-s0"], add=["theirs"])
    api.undo_tags(stories, "runs", done)
    assert api.show_run(stories, "ppo-s0").tags == ("first", "last", "theirs")


def test_a_copy_has_the_next_seed_and_its_evaluation(stories: Project) -> None:
    copy = api.duplicate_run(stories, "dpo-0.1-s0")
    made = {job.id: job for job in stories.jobs() if job.id in copy.new}
    assert sorted((job.method, job.seed) for job in made.values()) == [("dpo", 2), ("evaluate", 2), ("evaluate", 2)]
    evaluation = next(job for job in made.values() if job.inputs.model == f"run:{copy.id}")
    assert evaluation.name == "DPO β=0.1"
    assert read_queue(stories).run_ids == copy.new
    api.delete_runs(stories, copy.new)
    assert read_queue(stories).run_ids == []


def test_a_copy_with_another_setting_says_so_in_its_name(stories: Project) -> None:
    copy = api.duplicate_run(stories, "dpo-0.1-s0", settings={"learning_rate": "3e-5"})
    made = stories.job(copy.id)
    assert (made.name, made.seed, made.recipe.changed()["learning_rate"]) == ("DPO β=0.1 learning_rate=3e-05", 0, 3e-5)
    with pytest.raises(BadInput, match="would be the run"):
        api.duplicate_run(stories, copy.id, settings={"learning_rate": 3e-5})
    with pytest.raises(BadSetting, match="no setting `betta`"):
        api.duplicate_run(stories, copy.id, settings={"betta": 1})


def test_a_copy_under_another_seed_has_a_reward_model_of_that_seed(queued: Project) -> None:
    reward = job("reward-s0").model_copy(update={"method": "reward", "name": "reward", "recipe": RewardRecipe()})
    inputs = Inputs(model="org/model", reference="org/model", reward="run:reward-s0")
    ppo = job("ppo-s0", "ppo", needs=("reward-s0",)).model_copy(
        update={"method": "ppo", "recipe": PpoRecipe(), "inputs": inputs, "input_hashes": {"reward": "x@last"}}
    )
    for one in (reward, ppo):
        queued.add_job(one)
        queued.run(one.id).write_outcome(Outcome(state="finished"))
    copy = api.duplicate_run(queued, "ppo-s0", seed=5)
    made = [queued.job(run_id) for run_id in copy.new]
    assert [(one.method, one.seed) for one in made] == [("reward", 5), ("ppo", 5)]
    assert made[1].inputs.reward == f"run:{made[0].id}"
    assert made[1].needs == (made[0].id,)
    assert made[1].input_hashes["reward"] == f"{made[0].content_hash}@last"
