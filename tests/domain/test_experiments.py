import pytest

from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Experiment, rewarded_gold
from workbench.domain.recipes import DpoRecipe, PpoRecipe

FILE = {
    "name": "stories",
    "model": "models/base",
    "dataset": "pairs",
    "arms": [{"name": "ppo", "method": "ppo"}, {"name": "dpo", "method": "dpo", "beta": 0.5}],
}


def read(**changes: object) -> Experiment:
    return Experiment.parse(FILE | changes, where="experiment.yaml")


def said(**changes: object) -> str:
    with pytest.raises(BadSetting) as caught:
        read(**changes)
    return str(caught.value)


def test_an_arms_settings_stand_beside_its_name_and_method():
    ppo, dpo = read().arms
    assert (ppo.name, ppo.recipe) == ("ppo", PpoRecipe())
    assert (dpo.name, dpo.recipe) == ("dpo", DpoRecipe(beta=0.5))


def test_an_arm_without_a_name_is_called_by_its_method():
    assert read(arms=[{"method": "dpo"}]).arms[0].name == "dpo"


def test_the_preset_fills_what_is_not_named():
    experiment = read(
        preset="quick", sft=True, arms=[{"method": "dpo"}, {"name": "b", "method": "ppo", "n_checkpoints": 7}]
    )
    assert [arm.recipe.n_checkpoints for arm in experiment.arms] == [2, 7]
    assert experiment.reward.n_checkpoints == 2
    assert experiment.sft is not None
    assert experiment.sft.recipe.n_checkpoints == 2


@pytest.mark.parametrize("off", [False, None])
def test_fine_tuning_can_be_switched_off(off):
    assert read(sft=off).sft is None


def test_best_of_n_is_a_number_in_the_file_and_comes_back():
    assert read().best_of_n is None
    assert read(best_of_n=16).to_file()["best_of_n"] == 16
    assert "best_of_n" in said(best_of_n=1)


def test_what_is_written_to_a_file_is_read_back_the_same():
    experiment = read(
        preset="thorough", seeds=[3, 1], sft={"dataset": "corpus", "batch_size": 4}, reward={"batch_size": 8},
        sampling={"temperature": 0.5, "stop_strings": ["\n"]}, budget={"seconds": 60},
    )  # fmt: skip
    again = Experiment.parse(experiment.to_file(), where="again.yaml")
    assert again.model_dump(exclude={"preset"}) == experiment.model_dump(exclude={"preset"})


def test_what_a_project_keeps_is_read_back_the_same():
    experiment = read(preset="quick", sft=True, budget={"seconds": 60})
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"arms": [{"name": "ppo", "method": "ppo", "kl_coeff": 1}]},
            "experiment.yaml, arm `ppo`: there is no setting `kl_coeff`. Did you mean `kl_coef`?",
        ),
        (
            {"arms": [{"method": "dpo"}, {"method": "dpo", "beta": -1}]},
            "experiment.yaml, arm 2: `beta` is -1; expected more than 0.",
        ),
        ({"arms": [{"name": "x", "method": ["ppo"]}]}, "experiment.yaml, arm `x`: `method` is ['ppo']; expected ppo or dpo."),
        ({"arms": [{"name": "x"}]}, "experiment.yaml, arm `x`: `method` is None; expected ppo or dpo."),
        ({"arms": [{"name": 7, "method": "dpo"}]}, "experiment.yaml, arm 1: `name` is 7; expected text."),
        ({"arms": {"ppo": {}}}, "experiment.yaml: `arms` is {'ppo': {}}; expected a list, as [...]."),
        ({"arms": []}, "experiment.yaml: `arms` is (); expected at least 1."),
        ({"preset": ["quick"]}, "experiment.yaml: `preset` is ['quick']; expected quick, standard or thorough."),
        ({"reward": 3}, "experiment.yaml, `reward`: expected settings by name, found 3."),
        ({"sft": {1: 2}}, "experiment.yaml, `sft`: expected settings by name, found {1: 2}."),
        ({"seeds": 3}, "experiment.yaml: `seeds` is 3; expected a list, as [...]."),
        ({"seeds": [-1]}, "experiment.yaml: `seeds.0` is -1; expected 0 or more."),
        ({"seeds": [2**31]}, "experiment.yaml: `seeds.0` is 2147483648; expected less than 2147483648."),
        ({"seeds": [1, 1]}, "experiment.yaml: each seed counts once; a seed stands twice in `seeds`."),
        ({"budget": {"seconds": float("inf")}}, "experiment.yaml: `budget.seconds` is inf; expected a finite number."),
        ({"sampling": 3}, "experiment.yaml: `sampling` is 3; expected settings by name, as {name: value}."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_arm_and_setting(changes, sentence):
    assert said(**changes) == sentence


@pytest.mark.parametrize("stage", ["reward", "sft"])
@pytest.mark.parametrize("name", ["name", "cls", "where"])
def test_a_stage_says_which_settings_it_does_not_have(stage, name):
    assert said(**{stage: {name: "x"}}).startswith(f"experiment.yaml, `{stage}`: there is no setting `{name}`.")


@pytest.mark.parametrize("raw", [None, 3, ["arms"]])
def test_a_file_without_settings_is_refused(raw):
    with pytest.raises(BadSetting, match=r"^experiment.yaml: expected settings such as `name: ...`"):
        Experiment.parse(raw, where="experiment.yaml")


def test_a_gold_judge_that_is_also_rewarded_is_no_independent_measure():
    paid = {"name": "ppo", "method": "ppo", "rewards": ["model", "0.5*vader"]}
    told = rewarded_gold(read(judges=["vader", "length"], arms=[paid, {"method": "dpo"}]))
    assert told.startswith("The gold judge `vader` is a term of the reward of ppo, and so")
    assert rewarded_gold(read(judges=["length", "vader"], arms=[paid])) == ""
    assert rewarded_gold(read(judges=["vader"])) == ""
