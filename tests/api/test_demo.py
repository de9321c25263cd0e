"""Where the demo is kept, and what it brings along."""

from pathlib import Path

from workbench.api import demo
from workbench.data.assets import checkout_folder


def test_in_a_checkout_the_demo_is_saved_among_its_projects() -> None:
    checkout = checkout_folder()
    assert checkout is not None
    assert demo.demo_folder() == checkout / "projects" / "film-critic"


def test_both_demos_start_from_the_same_runs_and_differ_in_their_arms(tmp_path: Path) -> None:
    quick, long = (demo._experiment(2, long=turned_up) for turned_up in (False, True))
    assert quick.seeds == long.seeds == (0, 1)
    assert (quick.sft, quick.reward, quick.test_prompts) == (long.sft, long.reward, long.test_prompts)
    assert quick.name != long.name
    assert {arm.method for arm in quick.arms} == {arm.method for arm in long.arms} == {"ppo", "dpo"}
