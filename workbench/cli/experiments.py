"""What an experiment would run, printed."""

from __future__ import annotations  # names of `api` are imported only when they are used

from workbench import api
from workbench.cli.output import print_json, print_table, say
from workbench.domain.costs import between, duration, memory


def print_plan(plan: api.ExperimentPlan, *, json: bool) -> None:
    """Prints the runs in the order of their work with what each will take, then the total."""
    if json:
        print_json(plan)
        return
    print_table(["stage", "method", "seed", "", "time", "memory", "by"], [_row(run) for run in plan.runs])
    say()
    say(f"{plan.n_new} to do, {plan.n_reused} reused.{_total(plan)}")
    for warning in plan.cost.warnings:
        say(warning)


def _row(run: api.PlannedRun) -> list[str]:
    about = [run.name, run.method, str(run.seed), run.fate]
    if run.cost is None:
        return [*about, "", "", "" if run.is_reused else "unknown"]
    return [*about, duration(run.cost.seconds.expected), memory(run.cost.memory_mib.expected), run.cost.basis]


def _total(plan: api.ExperimentPlan) -> str:
    cost = plan.cost
    if cost.seconds is None or cost.memory_mib is None:
        return " Time and memory are not known." if plan.n_new else ""
    unknown = f", without {cost.n_unknown} that cannot be estimated" if cost.n_unknown else ""
    at_once = f"{cost.at_once} at once on {cost.device}"
    return f" {between(cost.seconds).capitalize()}, {at_once}, up to {memory(cost.memory_mib)} each{unknown}."
