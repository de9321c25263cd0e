"""What claims, rankings and the power table print."""

import json
from pathlib import Path

import pytest
from evaluated_runs import realistic
from typer.testing import CliRunner, Result

from workbench import cli
from workbench.domain.experiments import shown_name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PPO and two DPO arms with one seed."""
    return realistic(tmp_path_factory.mktemp("cli") / "p", seeds=(0,), n_prompts=40, steps=2).folder


def run(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_every_claim_is_printed_with_what_was_measured(project: Path) -> None:
    printed = run("compare", project, "--claims").output
    compared = json.loads(run("compare", project, "--json").output)
    assert len(compared["claims"]) == 6
    for claim in compared["claims"]:
        assert f"{shown_name(claim['row'])} over {shown_name(claim['column'])}" in printed
        assert f"{100 * claim['length_controlled']['rate']['mean']:.1f}" in printed
    assert "p by Holm for all 6 claims" in printed


def test_one_arm_alone_makes_no_claim_and_no_ranking(project: Path) -> None:
    others = [flag for name in ("PPO", "DPO β=0.1", "DPO β=0.03") for flag in ("--hide", name)]
    printed = run("compare", project, *others, "--claims", "--ranking").output
    assert "Claims need two arms" in printed
    assert "A ranking needs two" in printed


def test_the_ranking_is_printed_and_is_in_the_json_when_asked_for(project: Path) -> None:
    printed = run("compare", project, "--ranking").output
    ranked = json.loads(run("compare", project, "--ranking", "--json").output)["ranking"]
    assert [shown_name(line["arm"]) in printed for line in ranked["lines"]] == [True] * 4
    assert "0 is start model" in printed
    assert "ranking" not in json.loads(run("compare", project, "--json").output)


def test_every_checkpoint_is_ranked_when_asked_for(project: Path) -> None:
    ranked = json.loads(run("compare", project, "--checkpoints", "--hide", "PPO", "--json").output)["ranking"]
    assert sorted((line["arm"], line["steps"][0]) for line in ranked["lines"]) == [
        ("DPO β=0.03", 50), ("DPO β=0.03", 100), ("DPO β=0.1", 50), ("DPO β=0.1", 100), ("reference", 0),
    ]  # fmt: skip


def test_power_says_how_many_prompts_five_points_take() -> None:
    printed = run("power").output
    for number in ("783", "1,562 each", "626", "940", "1,568"):
        assert number in printed
    assert json.loads(run("power", "--points", "5", "--discordance", "0.3", "--json").output)["paired"] == {"0.3": 940}


def test_two_published_rates_are_weighed() -> None:
    printed = run("power", "158/256", "146/256").output
    assert "[55.6, 67.5]" in printed
    assert "z = 1.08, p = 0.2802" in printed


@pytest.mark.parametrize("text", ["abc", "158", "300/256", "1/0"])
def test_what_is_no_win_rate_is_refused(text: str) -> None:
    done = CliRunner().invoke(cli.app, ["power", text])
    assert done.exit_code != 0
    assert "expected" in str(done.exception)


def test_the_start_model_is_named_as_it_is_printed(project: Path) -> None:
    hidden = json.loads(run("compare", project, "--hide", "start model", "--json").output)
    assert "reference" not in [arm["name"] for arm in hidden["arms"]]
