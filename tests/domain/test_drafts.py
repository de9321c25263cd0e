import pytest

from workbench.domain.drafts import DraftArm, ExperimentDraft
from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Experiment


def test_several_values_of_a_setting_make_several_arms():
    arms = DraftArm(name="dpo", method="dpo", settings={"beta": [0.1, 0.5], "n_checkpoints": [2]}).expanded()
    assert [(arm["name"], arm["beta"], arm["n_checkpoints"]) for arm in arms] == [
        ("dpo beta 0.1", 0.1, 2),
        ("dpo beta 0.5", 0.5, 2),
    ]


def test_what_was_launched_comes_back_as_the_same_experiment():
    arms = [{"name": "ppo", "method": "ppo", "kl_coef": 0.2}, {"name": "dpo", "method": "dpo"}]
    raw = {"name": "e", "model": "m", "dataset": "d", "seeds": [1, 2], "arms": arms, "sft": {"dataset": "texts"}}
    experiment = Experiment.parse(raw | {"budget": {"tokens": 9}, "reward": {"batch_size": 8}}, where="e")
    draft = ExperimentDraft.of(experiment)
    assert Experiment.parse(draft.raw(), where="again") == experiment
    assert draft.name == "e"
    assert ExperimentDraft.model_validate_json(draft.model_dump_json()) == draft


def test_what_is_unfinished_or_wrong_is_kept_for_the_domain_to_judge():
    draft = ExperimentDraft(general={"seeds": [["a"]]}, stages={"reward": {"batch_size": [8, 16]}})
    assert draft.raw()["reward"] == {"batch_size": [8, 16]}
    with pytest.raises(BadSetting):
        Experiment.parse(draft.raw(), where="the form")
