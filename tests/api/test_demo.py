"""Where the demo is kept, and what it brings along."""

from pathlib import Path

from evaluated_runs import PaperRuns

from workbench import api
from workbench.api import demo
from workbench.data.assets import checkout_folder
from workbench.storage.project import Project


def test_in_a_checkout_the_demo_is_saved_among_its_projects() -> None:
    checkout = checkout_folder()
    assert checkout is not None
    assert api.demo_folder() == checkout / "projects" / "demo"


def test_both_demos_start_from_the_same_runs_and_differ_in_their_arms(tmp_path: Path) -> None:
    quick, long = (demo._experiment(2, long=turned_up) for turned_up in (False, True))
    assert quick.seeds == long.seeds == (0, 1)
    assert (quick.sft, quick.reward, quick.test_prompts) == (long.sft, long.reward, long.test_prompts)
    assert quick.name != long.name
    assert {arm.method for arm in quick.arms} == {arm.method for arm in long.arms} == {"ppo", "dpo"}


def test_the_long_demo_leaves_the_first_ones_charts_and_report_alone(tmp_path: Path) -> None:
    runs = PaperRuns(Project.create(tmp_path / "demo"), n_prompts=8)
    start, shared, long = runs.start(), runs.arm("DPO", {10: [1.0] * 8}), runs.arm("PPO", {10: [0.5] * 8}, method="ppo")
    first = {start.id: "reference", shared.id: "DPO", f"eval-{shared.id}": "DPO"}
    with runs.project.edit() as edit:  # the long form found the first one's DPO run, which is of another experiment
        edit.change(runs={"film-critic": first, "film-critic-long": first | {long.id: "PPO", f"eval-{long.id}": "PPO"}})
    before, after = (demo.finish_demo(runs.project, long=turned_up) for turned_up in (False, True))
    assert [arm.name for arm in before.comparison.arms] == ["reference", "DPO"]
    assert [arm.name for arm in after.comparison.arms] == ["reference", "DPO", "PPO"]
    assert not {before.report, *before.charts} & {after.report, *after.charts}
    assert Path(before.report).read_text() != Path(after.report).read_text()
