"""endpoints, judge, judges, label."""

from __future__ import annotations  # names of `api` are imported only when they are used

import sys
from typing import Annotated, Any

import typer

from workbench import api
from workbench.cli.output import Debug, Json, ProjectFolder, examples, flag, note, print_json, print_table, say
from workbench.cli.runs import show_or_follow
from workbench.domain.costs import about_money, duration, money
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import BadInput
from workbench.domain.estimates import Estimate
from workbench.domain.recipes import JudgeRecipe

_ENDPOINTS_EPILOG = examples(
    "workbench endpoints",
    "workbench endpoints local --url http://localhost:8000/v1 --model qwen3-8b",
    "workbench endpoints openai --url https://api.openai.com/v1 --model gpt-5-mini --key OPENAI_API_KEY "
    "--price-in 0.25 --price-out 2 --max-tokens '' --temperature ''",
    "workbench endpoints openai --store-key",
    "workbench endpoints openai --test",
)
_JUDGE_EPILOG = examples(
    "workbench judge my-project --by llm:local --plan",
    "workbench judge my-project dpo-s0-1a2b3c4d --by llm:openai --last-only --max-prompts 100",
)
_LABEL_EPILOG = examples(
    "workbench label my-project",
    "workbench label my-project --between ppo --and reference --rater ann",
)
_KEYS = {"1": "first", "2": "second", "0": "tie", "s": "skip"}
_ANSWERS = (*_KEYS, "u", "q")
_HABITS = ("swap", "first", "unparsed", "judged")
_NOT_JUDGED = "-"
_MAY_BE_EMPTY = ("max_tokens", "temperature")


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("endpoints", epilog=_ENDPOINTS_EPILOG)(endpoints)
    app.command("judge", epilog=_JUDGE_EPILOG)(judge)
    app.command("judges", epilog=examples("workbench judges my-project", "workbench judges my-project --json"))(judges)
    app.command("label", epilog=_LABEL_EPILOG)(label)


def endpoints(  # noqa: PLR0913, PLR0917  (one argument a flag)
    name: Annotated[str | None, typer.Argument(help="What llm:NAME means; none lists all.")] = None,
    url: Annotated[str | None, flag(Endpoint, "url")] = None,
    model: Annotated[str | None, flag(Endpoint, "model")] = None,
    key: Annotated[str | None, flag(Endpoint, "key")] = None,
    requests_per_minute: Annotated[float | None, flag(Endpoint, "requests_per_minute")] = None,
    max_concurrent: Annotated[int | None, flag(Endpoint, "max_concurrent")] = None,
    timeout_s: Annotated[float | None, flag(Endpoint, "timeout_s")] = None,
    price_in: Annotated[float | None, flag(Endpoint, "price_in")] = None,
    price_out: Annotated[float | None, flag(Endpoint, "price_out")] = None,
    max_tokens: Annotated[str | None, flag(Endpoint, "max_tokens")] = None,
    temperature: Annotated[str | None, flag(Endpoint, "temperature")] = None,
    extra: Annotated[str | None, flag(Endpoint, "extra")] = None,
    template: Annotated[str | None, flag(Endpoint, "template")] = None,
    store_key: Annotated[bool, typer.Option("--store-key", help="Ask for the key, or read it from a pipe.")] = False,
    forget_key: Annotated[bool, typer.Option("--forget-key", help="Take the key out of the keyring.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Ask one small question.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the judge away; what it said stays.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Declare language models behind OpenAI-compatible endpoints as judges of pairs; their keys lie in the keyring."""
    given = {
        "url": url, "model": model, "key": key, "requests_per_minute": requests_per_minute, "template": template,
        "max_concurrent": max_concurrent, "timeout_s": timeout_s, "price_in": price_in, "price_out": price_out,
        "max_tokens": max_tokens, "temperature": temperature, "extra": extra,
    }  # fmt: skip
    changes = {
        setting: None if value == "" and setting in _MAY_BE_EMPTY else value
        for setting, value in given.items()
        if value is not None
    }
    if name is None:
        if changes or store_key or forget_key or test or remove:
            raise BadInput("No judge was named.", "As in: workbench endpoints local --test.")
    elif remove:
        api.remove_endpoint(name)
    else:
        _change(name, changes, store_key=store_key, forget_key=forget_key)
    trial = api.try_endpoint(name) if name is not None and test else None
    shown = {known: one for known, one in api.list_endpoints().items() if name in (None, known)}
    if json:
        told = {known: one.model_dump() | {"has_key": api.has_endpoint_key(known)} for known, one in shown.items()}
        print_json({"endpoints": told, "trial": trial._asdict() if trial else None})
        return
    _print_endpoints(shown)
    if trial is not None:
        paid = f", {money(trial.dollars)}" if trial.dollars else ""
        say(f"It replied {trial.reply!r}, read as {trial.verdict} (A is right); "
            f"{trial.tokens_in} tokens in, {trial.tokens_out} out{paid}.")  # fmt: skip


def judge(  # noqa: PLR0913, PLR0917  (one argument a flag)
    folder: ProjectFolder,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="All evaluated ones by default.")] = None,
    by: Annotated[str, typer.Option("--by", metavar="llm:NAME", help="See `workbench endpoints`.")] = "",
    last_only: Annotated[bool, flag(JudgeRecipe, "last_only", "--last-only")] = False,
    max_prompts: Annotated[int | None, flag(JudgeRecipe, "max_prompts", "--max-prompts")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say how much would be asked and what it costs.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the runs go on in the background.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Let a language model compare what was sampled with the start model's answers, in both orders."""
    project = api.open_project(folder)
    name = by or _only_endpoint()
    run_ids = [api.find_run(project, run) for run in runs] if runs else _evaluated(project)
    options = {"last_only": last_only, "max_prompts": max_prompts}
    planned = api.plan_judging(project, run_ids, name, **options)  # type: ignore[arg-type]
    cost = planned.cost
    asked = f"At most {cost.n_questions:,} questions, {duration(cost.seconds)} or more, {about_money(cost.dollars)}."
    words = f"{asked} What is known already is not asked again." if cost.n_questions else "All is judged already."
    if plan:
        if json:
            print_json({"runs": [job.id for job in planned.jobs], "cost": cost._asdict()})
        else:
            say(f"{len(planned.jobs)} runs by {name}. {words}")
        return
    note(words)
    jobs = api.judge_runs(project, run_ids, name, **options)  # type: ignore[arg-type]
    show_or_follow(project, [job.id for job in jobs], detach=detach, json=json)


def judges(
    folder: ProjectFolder,
    experiment: Annotated[str | None, typer.Option(help="Only the arms of this experiment.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare the judges: what each says of the arms, and how far it can be trusted."""
    table = api.compare_judges(api.open_project(folder), experiment=experiment)
    if json:
        print_json(table)
        return
    columns = ["judge", *(f"{arm}, %" for arm in table.arms)]
    has_habits = any(one.n_asked for one in table.judges)
    print_table(
        [*columns, *(_HABITS if has_habits else ())], [_row(one, table.arms, has_habits) for one in table.judges]
    )
    say("Share of prompts that an arm wins against its start model, ties half, with its 95 % interval.")
    if has_habits:
        say(
            "Of judges of pairs: pairs judged alike when swapped, replies for the answer that stood first, replies that "
            "were not understood, questions asked."
        )
    if table.people is not None:
        say("\n" + "\n  ".join(table.people.lines))


def label(
    folder: ProjectFolder,
    between: Annotated[str | None, typer.Option(help="An arm. By default the last one.", show_default=False)] = None,
    other: Annotated[str | None, typer.Option("--and", help="Another. By default the start model.")] = None,
    rater: Annotated[str | None, typer.Option(help="Your name. By default the preference judging.rater.")] = None,
    experiment: Annotated[str | None, typer.Option(help="Only the arms of this experiment.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge two arms' answers without knowing whose they are: 1, 2, 0 for a tie, s to skip, u to undo, q to stop."""
    project = api.open_project(folder)
    comparison = api.compare_runs(project, experiment=experiment)
    names = [arm.name for arm in comparison.arms]
    if len(names) < 2:
        raise BadInput("Only one arm was evaluated, so there is nothing to compare it with.", "Evaluate another one.")
    pairs = api.blind_pairs(project, comparison, between or names[-1], other or names[0], rater=rater)
    given: list[api.BlindLabel] = []
    while len(given) < len(pairs):
        pair = pairs[len(given)]
        if not json:
            say(f"\n{len(given) + 1} of {len(pairs)}\n{pair.prompt.strip()}")
            say(f"\n[1] {pair.first.strip()}\n\n[2] {pair.second.strip()}\n")
        answer = _answer()
        if answer == "u" and given:
            api.take_back_label(project, given.pop())
        elif answer in _KEYS:
            given.append(api.give_label(project, pair, _KEYS[answer], rater))  # type: ignore[arg-type]
        elif answer == "q":
            break
    if json:
        print_json({"labels": len(given), "left": len(pairs) - len(given)})
    else:
        say(
            f"{len(given)} judged, {len(pairs) - len(given)} left. `workbench judges {folder}` shows what they come to."
        )


def _change(name: str, changes: dict[str, Any], *, store_key: bool, forget_key: bool) -> None:
    if changes:
        api.set_endpoint(name, changes)
    if store_key:
        api.store_endpoint_key(name, _typed_key())
    if forget_key:
        api.forget_endpoint_key(name)


def _typed_key() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(typer.prompt("Key", hide_input=True, err=True))


def _print_endpoints(shown: dict[str, Endpoint]) -> None:
    if not shown:
        say("No judge endpoint is declared. `workbench endpoints NAME --url ... --model ...` declares one.")
        return
    rows = [
        [f"llm:{name}", one.model, one.url, _key_words(name, one), f"{one.requests_per_minute:g}",
         "free" if not (one.price_in or one.price_out) else f"{one.price_in:g} / {one.price_out:g}"]
        for name, one in shown.items()
    ]  # fmt: skip
    print_table(["judge", "model", "address", "key", "a minute", "$ per M tokens in / out"], rows)


def _key_words(name: str, endpoint: Endpoint) -> str:
    if not endpoint.key:
        return "none"
    source = api.endpoint_key_source(name)
    return f"{endpoint.key} ({source if source == 'nowhere' else f'in the {source}'})"


def _only_endpoint() -> str:
    known = list(api.list_endpoints())
    if len(known) == 1:
        return f"llm:{known[0]}"
    declared = f"Declared are {', '.join(f'llm:{name}' for name in known)}." if known else "None is declared yet."
    raise BadInput("No judge was named.", f"{declared} Name one with --by; `workbench endpoints` declares them.")


def _evaluated(project: api.Project) -> list[str]:
    comparison = api.compare_runs(project)
    return [run for arm in comparison.arms if arm.method != "reference" for run in arm.evaluations]


def _answer() -> str:
    try:
        while (typed := input("> " if sys.stdin.isatty() else "").strip().lower()) not in _ANSWERS:
            note("Type 1 or 2 for the better answer, 0 for a tie, s to skip, u to undo, q to stop.")
    except EOFError:
        return "q"
    return typed


def _row(one: api.JudgeFigures, arms: tuple[str, ...], has_habits: bool) -> list[str]:
    rates = [one.judge, *(_rate(one.rates.get(arm)) for arm in arms)]
    habits = [
        _percent(one.swap_consistency),
        _percent(one.first_position),
        _percent(one.unparsed),
        str(one.n_asked or ""),
    ]
    return [*rates, *(habits if has_habits else ())]


def _rate(value: Estimate | None) -> str:
    if value is None:
        return _NOT_JUDGED
    return f"{100 * value.mean:.1f}\n[{100 * value.low:.1f}, {100 * value.high:.1f}]"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
