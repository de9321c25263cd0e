"""A plan becomes stages from left to right; the pictures are looked at, what they say is tested."""

import pytest
from PySide6.QtCore import Qt

from workbench import api
from workbench.domain.costs import PlanCost, RunCost, Spread
from workbench.domain.records import RunState
from workbench.ui.experiments.plan_graph import PlanGraph
from workbench.ui.experiments.plan_layout import Link, lay_out, total

COST = RunCost(
    seconds=Spread.around(120, 0.5, 2), memory_mib=Spread.around(600, 1, 1), basis="measured", why="By 3 finished runs."
)


def _runs(*stages: tuple[str, str, tuple[str, ...]], seeds: int = 1, **values) -> list[api.PlannedRun]:
    """Makes runs from name, method and the stages they need, once a seed."""
    return [
        api.PlannedRun(
            id=f"{name}-{method}-{seed}",
            name=name,
            method=method,
            seed=seed,
            needs=tuple(f"{need}-{seed}" for need in needs),
            **values,
        )
        for seed in range(seeds)
        for name, method, needs in stages
    ]


PPO = (
    ("sft", "sft", ()),
    ("reward", "reward", ("sft-sft",)),
    ("reference", "evaluate", ("sft-sft", "reward-reward")),
    ("soft", "ppo", ("sft-sft", "reward-reward")),
    ("soft", "evaluate", ("soft-ppo", "sft-sft", "reward-reward")),
)


def test_seeds_of_a_stage_are_one_box():
    stages, _ = lay_out(_runs(*PPO, seeds=3))
    assert [(stage.title, len(stage.runs), stage.column, stage.row) for stage in stages] == [
        ("Fine-tuning", 3, 0, 1),
        ("Reward model", 3, 0, 2),
        ("start model", 3, 2, 0),
        ("soft", 3, 1, 1),
        ("Evaluation", 3, 2, 1),
    ]


def test_the_models_of_an_ensemble_stand_one_below_the_other_above_the_held_out_one():
    ensemble = (("reward", "reward", ()), ("reward 2", "reward", ()), ("held-out reward model", "reward", ()))
    stages, _ = lay_out(_runs(*ensemble, ("ppo", "ppo", ("reward-reward", "reward 2-reward"))))
    assert [(stage.title, stage.column, stage.row) for stage in stages] == [
        ("Reward model", 0, 2),
        ("Reward model 2", 0, 3),
        ("Held-out reward", 0, 4),
        ("ppo", 1, 1),
    ]


def test_lines_say_what_starts_from_what_and_what_is_scored():
    _, links = lay_out(_runs(*PPO))
    assert set(links) == {
        Link(None, 0),  # the base model is fine-tuned
        Link(0, 1),
        Link(0, 2),
        Link(0, 3),
        Link(1, 3, scores=True),
        Link(3, 4),
    }


def test_without_fine_tuning_arms_start_from_the_base_model():
    _, links = lay_out(_runs(("reward", "reward", ()), ("dpo", "dpo", ()), ("dpo", "evaluate", ("dpo-dpo",))))
    assert set(links) == {Link(None, 0), Link(None, 1), Link(1, 2)}


@pytest.mark.parametrize(
    ("states", "fate", "status"),
    [
        ((None, None), "new", "new · 2 min"),
        ((RunState.FINISHED, None), "mixed", "1 of 2 reused · 2 min"),
        ((RunState.FINISHED, RunState.FINISHED), "reused", "reused"),
        ((RunState.RUNNING, RunState.QUEUED), "goes on", "goes on · 2 min"),
    ],
)
def test_what_becomes_of_a_stage_is_said_in_words(states, fate, status):
    runs = [
        run.model_copy(update={"state": state, "cost": None if state is RunState.FINISHED else COST})
        for run, state in zip(_runs(("dpo", "dpo", ()), seeds=2), states, strict=True)
    ]
    (stage,), _ = lay_out(runs)
    assert (stage.fate, stage.status) == (fate, status)


def test_a_tooltip_has_the_settings_that_matter_and_the_range():
    (stage,), _ = lay_out(_runs(("dpo", "dpo", ()), settings=("Beta 0.3",), cost=COST))
    assert stage.tooltip.splitlines() == [
        "DPO, seed 0: new · 2 min",
        "Beta 0.3",
        "Each about 2 min (60 s to 4 min), 600 MiB to 600 MiB.",
        "By 3 finished runs.",
    ]


def test_boxes_are_reached_by_keyboard_and_grow_with_the_zoom(qtbot, look):
    graph = PlanGraph(look)
    qtbot.addWidget(graph)
    graph.show_plan(_runs(*PPO, seeds=2), "stories260K")
    graph.show()
    before = graph.width()
    graph.zoom(1)
    assert graph.width() > before
    box = next(box for box in graph.boxes if box.title == "soft")
    assert box.accessibleName() == "soft, PPO, 2 seeds (0, 1), new"
    with qtbot.waitSignal(graph.stage_chosen, timeout=20000) as chosen:
        qtbot.keyClick(box, Qt.Key.Key_Space)
    assert chosen.args == ["ppo", "soft"]
    graph.show_plan([], "")
    assert graph.boxes == []


def test_the_total_is_one_sentence_and_says_what_is_not_in_it():
    cost = PlanCost(
        seconds=Spread.around(3_600, 0.5, 2), memory_mib=700, at_once=2, device="cpu", n_ahead=3, n_unknown=4
    )
    assert total(cost) == (
        "About 1.0 h (30 min to 2.0 h), 2 runs at a time on cpu, up to 700 MiB each."
        " It begins after 3 other runs of the queue. 4 runs cannot be estimated and are not in it."
    )
    assert total(PlanCost()) == ""


def test_best_of_n_stands_below_the_arms_and_is_chosen_by_the_reward_model():
    stages, links = lay_out(_runs(*PPO[:3], ("best of 16", "best_of_n", ("sft-sft", "reward-reward")), *PPO[3:]))
    at = next(place for place, stage in enumerate(stages) if stage.method == "best_of_n")
    assert (stages[at].title, stages[at].column, stages[at].row) == ("best of 16", 1, 2)
    assert Link(1, at, scores=True) in links
    assert Link(0, at) in links
    assert stages[at].tooltip.startswith("best of n, seed 0")
