"""The tree of runs: a run that two experiments share has a line in each."""

from workbench import api
from workbench.domain.records import RunState
from workbench.ui.runs.run_tree import RunTree


def test_a_run_that_two_experiments_share_is_told_in_both(qtbot, look):
    run = api.RunView(id="r", name="reward", method="reward", seed=0, state=RunState.FINISHED, step=9, total=9)
    groups = [api.ExperimentRuns(name=name, run_ids=["r"], arms={"r": "reward"}, places={}) for name in ("a", "b")]
    tree = RunTree(look)
    qtbot.addWidget(tree)
    tree.show_runs(groups, {"r": run})
    lines = [tree.topLevelItem(row).child(0) for row in range(2)]
    assert [[line.text(0), line.text(2)] for line in lines] == [["reward model · seed 0", "9 / 9"]] * 2
    tree.show_runs(groups, {"r": run.model_copy(update={"step": 3})})
    assert [line.text(2) for line in lines] == ["3 / 9"] * 2
