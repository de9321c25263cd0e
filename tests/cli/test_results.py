"""What compare and export print and write."""

import json
from pathlib import Path

import pytest
from evaluated_runs import realistic
from matplotlib.image import imread
from typer.testing import CliRunner, Result

from workbench import cli


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PPO and two DPO arms with one seed, and an experiment that knows one of them by another name."""
    project = realistic(tmp_path_factory.mktemp("cli") / "p", seeds=(0,), n_prompts=12, steps=2)
    run = next(job.id for job in project.jobs() if job.method == "ppo")
    with project.edit() as edit:
        edit.change(runs={"soft": {run: "soft PPO", f"eval-{run}": "soft PPO", "eval-reference-s0": "reference"}})
    return project.folder


def run(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_the_table_fits_into_100_columns(project: Path) -> None:
    table = run("compare", project).output.partition("Under each figure")[0]
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 100
    assert [word in table.splitlines()[0] for word in ("gold", "proxy", "KL, nats", "win rate, %")] == [True] * 4


def test_each_interval_stands_under_its_figure(project: Path) -> None:
    compared = json.loads(run("compare", project, "--json").output)
    dpo = next(arm for arm in compared["arms"] if arm["method"] == "dpo")
    lines = run("compare", project).output.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(dpo["name"]))
    assert f"{dpo['kl']['mean']:.2f}" in lines[at]
    assert f"[{dpo['kl']['low']:.2f}, {dpo['kl']['high']:.2f}]" in lines[at + 1]


def test_one_experiment_is_compared_under_its_own_names(project: Path) -> None:
    compared = json.loads(run("compare", project, "--experiment", "soft", "--json").output)
    assert [arm["name"] for arm in compared["arms"]] == ["reference", "soft PPO"]


def test_the_report_of_one_experiment_leaves_the_others_out(project: Path, tmp_path: Path) -> None:
    run("export", project, "--out", tmp_path / "soft.html", "--experiment", "soft")
    page = (tmp_path / "soft.html").read_text(encoding="utf-8")
    assert "soft PPO" in page
    assert "DPO β=0.1" not in page


def test_an_unknown_experiment_is_refused(project: Path) -> None:
    done = CliRunner().invoke(cli.app, ["compare", str(project), "--experiment", "sofd"])
    assert done.exit_code != 0


def test_a_view_is_saved_used_changed_by_flags_renamed_and_deleted(project: Path, tmp_path: Path) -> None:
    run("compare", project, "--x", "tokens", "--hide", "soft PPO", "--save-view", "by tokens")
    compared = json.loads(run("compare", project, "--view", "by tokens", "--json").output)
    assert "soft PPO" not in [arm["name"] for arm in compared["arms"]]
    run("compare", project, "--view", "by tokens", "--panel", "kl", "--out", tmp_path / "kl.csv")
    lines = (tmp_path / "kl.csv").read_text(encoding="utf-8").splitlines()
    assert {line.split(",")[3] for line in lines[1:]} == {"tokens trained on"}
    run("export", project, "--view", "by tokens", "--out", tmp_path / "report.html")
    assert "soft PPO" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    kept = json.loads(run("views", project, "--rename", "by tokens", "--to", "tokens", "--json").output)
    assert kept["views"]["tokens"]["hidden"] == ["soft PPO (soft)"]
    assert "No view" in run("views", project, "--delete", "tokens").output


def test_a_figure_has_the_size_ground_and_letters_that_flags_ask_for(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "frontier.png"
    run("compare", project, "--panel", "frontier", "--out", out, "--width", "254", "--height", "127", "--dpi", "100",
        "--ground", "dark", "--font", "serif")  # fmt: skip
    assert imread(out).shape[:2] == (500, 1000)
    assert imread(out)[0, 0, 0] < 0.2


def test_a_figure_that_is_too_wide_is_refused_in_one_sentence(project: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["compare", str(project), "--out", str(tmp_path / "a.svg"), "--width", "9000"])
    assert done.exit_code != 0
    assert "expected 1200 or less" in str(done.exception)
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.html", b"<!doctype"),
        ("r.md", b"# "),
        ("f.svg", b"<?xml"),
        ("f.pdf", b"%PDF"),
        ("f.png", b"\x89PNG"),
        ("n.csv", b"panel,"),
    ],
)
def test_the_ending_says_what_is_exported(project: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    written = json.loads(run("export", project, "--out", tmp_path / name, "--json").output)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert written["written"][0] == str(tmp_path / name)


def test_one_panel_is_exported_in_the_style_of_the_flags(project: Path, tmp_path: Path) -> None:
    run(
        "export",
        project,
        "--out",
        tmp_path / "kl.png",
        "--panel",
        "kl",
        "--width",
        "127",
        "--height",
        "127",
        "--dpi",
        "100",
    )
    assert imread(tmp_path / "kl.png").shape[:2] == (500, 500)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "thing"], "does not say what it is to be"),
        (["--out", "thing.svg", "--format", "html"], "must end in .html or .htm"),
        (["--out", "thing", "--format", "model"], "name one training run with --run"),
    ],
)
def test_an_export_that_cannot_be_is_refused_in_one_sentence(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, ["export", str(project), *arguments])
    assert done.exit_code != 0
    assert said in done.output
    assert list(tmp_path.iterdir()) == []


def test_costs_seeds_and_matched_levels_are_printed_below_the_verdict(project: Path) -> None:
    told = run("compare", project, "--costs", "--seeds", "--matched", "kl", "--matched", "data").output
    assert "The same for all arms: start model, training pairs, budget, test prompts" in told
    assert "Costs: mean over seeds, with the stages that an arm rests on" in told
    assert "all runs" in told
    assert "Seeds: no seed of any arm collapsed" in told
    assert "Matched KL: " in told
    assert "Matched data: 800 episodes or pairs" in told
    assert "chosen by mean gold score on a fixed half of the test prompts" in told


def test_the_json_has_them_where_they_are_asked_for(project: Path) -> None:
    asked = json.loads(run("compare", project, "--costs", "--seeds", "--matched", "kl", "--json").output)
    assert [bill["arm"] for bill in asked["costs"]["arms"]] == ["soft PPO", "DPO β=0.1", "DPO β=0.03"]
    assert [(arm["arm"], arm["n_collapsed"]) for arm in asked["seeds"]][1] == ("soft PPO", 0)
    assert [view["by"] for view in asked["matched"]] == ["kl"]
    plain = json.loads(run("compare", project, "--json").output)
    assert not {"costs", "seeds", "matched"} & set(plain)
    assert all(pin["same"] for pin in plain["fairness"])


def test_a_level_that_cannot_be_matched_is_refused(project: Path) -> None:
    done = CliRunner().invoke(cli.app, ["compare", str(project), "--matched", "price"])
    assert done.exit_code != 0


def test_optimisation_has_kl_turns_frontiers_and_best_of_n(project: Path) -> None:
    said = run("optimisation", project).output
    assert "s.e." in said
    assert "Too few points beyond √KL 0.5" in said
    assert "above the frontier of" in said
    assert "workbench best-of-n PROJECT" in said
    found = json.loads(run("optimisation", project, "--json").output)
    assert [row["steps"] for row in found["kl"]] == [[50], [100]] * 3
    assert found == json.loads(run("compare", project, "--json").output)["optimisation"]


def test_optimisation_goes_by_a_judge_that_is_asked_for(project: Path) -> None:
    by_proxy = json.loads(run("optimisation", project, "--judge", "proxy", "--json").output)
    assert by_proxy == json.loads(run("compare", project, "--judge", "proxy", "--json").output)["optimisation"]
    assert by_proxy != json.loads(run("optimisation", project, "--json").output)


def test_best_of_n_without_a_reward_model_is_one_sentence(project: Path) -> None:
    done = CliRunner().invoke(cli.app, ["best-of-n", str(project)])
    assert done.exit_code != 0
    assert "no reward model to choose by" in str(done.exception)


def test_all_that_was_logged_is_one_table(project: Path, tmp_path: Path) -> None:
    assert "all.csv" in run("metrics", project, "--out", tmp_path / "all.csv").output
    head, first = (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert head.startswith('"run","arm","experiment","method","seed","step"')
    assert "loss" in head
    assert len(first.split(",")) == len(head.split(","))


def test_a_metric_that_nobody_logged_is_refused_with_the_nearest(project: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["metrics", str(project), "--metric", "los", "--out", str(tmp_path / "x.csv")])
    assert "`loss`" in str(done.exception)
    assert not (tmp_path / "x.csv").exists()
