"""Judges behind an endpoint: declare them, try them, let them judge what was sampled, and compare all judges."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.compare.judges import JudgeFigures, JudgeTable, compare_judges
from workbench.compare.people import People, PeopleCell
from workbench.data.pairwise.question import Pair, read_reply
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import BadInput
from workbench.domain.preferences import Preferences
from workbench.domain.records import Job, RunState
from workbench.jobs import launch
from workbench.jobs.judgements import JudgingCost, judging_cost, plan_judgement
from workbench.jobs.states import StateReader
from workbench.storage.endpoints import find_endpoint
from workbench.storage.keyring_access import KeySource, forget_key, key_source, read_key, store_key
from workbench.storage.preferences import change_preferences, read_preferences
from workbench.storage.project import Project

if TYPE_CHECKING:
    from workbench.data.pairwise.client import Reply

__all__ = [
    "Endpoint",
    "EndpointTrial",
    "JudgeFigures",
    "JudgeTable",
    "JudgingCost",
    "JudgingPlan",
    "People",
    "PeopleCell",
    "compare_judges",
    "endpoint_key_source",
    "forget_endpoint_key",
    "has_endpoint_key",
    "judge_runs",
    "list_endpoints",
    "plan_judging",
    "remove_endpoint",
    "set_endpoint",
    "store_endpoint_key",
    "try_endpoint",
]
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_SECRET = re.compile(r"(sk-|hf_|gsk_|xai-|AIza)\S{12,}|\S*\d\S{40,}")
_TRIAL = Pair("Reply with the number four.", "4", "I would rather talk about the weather.")


class EndpointTrial(NamedTuple):
    """What an endpoint replied to one small question; `verdict` should be A."""

    reply: str
    verdict: str
    tokens_in: int
    tokens_out: int
    dollars: float


class JudgingPlan(NamedTuple):
    """The runs that would judge, and what they would cost together; those that are finished cost nothing."""

    jobs: list[Job]
    cost: JudgingCost


def list_endpoints() -> Mapping[str, Endpoint]:
    """Returns the judges that are declared on this computer, by name."""
    return read_preferences().endpoints


def set_endpoint(name: str, changes: Mapping[str, Any]) -> Preferences:
    """Declares a judge behind an endpoint, or changes one.

    Args:
        name: what ``llm:NAME`` means; letters, digits, `-`, `_` and `.`.
        changes: its settings by name; those that are not named stay as they are.

    Raises:
        BadInput: the name holds other letters, or the key itself stands where its name belongs.
        BadSetting: a setting is missing, unknown or not allowed.
    """
    if not name or set(name) - _LETTERS:
        raise BadInput(f"{name!r} is no name for a judge.", "Take letters, digits, -, _ and dots, as gpt-mini.")
    if _SECRET.fullmatch(str(changes.get("key") or "")):
        raise BadInput(
            f"What was given as the name of the key of `{name}` looks like the key itself, which belongs into no file.",
            f"Give a name, as OPENAI_API_KEY, and the key to the keyring: `workbench endpoints {name} --store-key`.",
        )
    # Read where it is written: another process may change the same judge at this moment.
    return change_preferences(lambda old: old.with_endpoint(name, _changed(name, old.endpoints.get(name), changes)))


def remove_endpoint(name: str) -> Endpoint:
    """Takes a judge away, and returns it so that it can be put back. What it said stays, and so does its key.

    Raises:
        NotFound: there is none of that name.
    """
    endpoint = find_endpoint(name)
    change_preferences(lambda old: old.with_endpoint(name, None))
    return endpoint


def store_endpoint_key(name: str, key: str) -> None:
    """Puts a judge's key into the system's keyring; a judge that names no key names it after itself once it is kept there.

    Raises:
        NotFound: there is no such judge, or no keyring that keeps anything.
        BadInput: the key is empty or no key.
        BadSetting: the key would travel in the clear.
    """
    endpoint = find_endpoint(name)
    if endpoint.key:
        store_key(endpoint.key, key)
        return
    naming = {"key": name}
    _changed(name, endpoint, naming)  # refuses before the key is kept anywhere
    store_key(name, key)
    set_endpoint(name, naming)


def forget_endpoint_key(name: str) -> None:
    """Takes a judge's key out of the keyring.

    Raises:
        NotFound: there is no such judge, or no keyring.
    """
    forget_key(find_endpoint(name).key)


def has_endpoint_key(name: str) -> bool:
    """Says whether a judge has the key that it names, or needs none."""
    return endpoint_key_source(name) != "nowhere"


def endpoint_key_source(name: str) -> KeySource:
    """Returns where a judge's key comes from: keyring, environment, nowhere, or not needed.

    Raises:
        NotFound: there is no such judge.
    """
    return key_source(find_endpoint(name).key)


def try_endpoint(name: str) -> EndpointTrial:
    """Asks a judge one small question, once, whatever it said before.

    Raises:
        NotFound: there is no such judge, or its key is nowhere.
        EndpointRefused, Offline: it does not accept the key or question, or is not there.
    """
    from workbench.data.pairwise.asking import ask_all  # noqa: PLC0415  (its web client costs a window 7 MB)
    from workbench.data.pairwise.client import OF_TRIAL, ChatClient  # noqa: PLC0415

    endpoint = find_endpoint(name)
    client = ChatClient(name, endpoint, read_key(endpoint.key), OF_TRIAL)
    reply = ask_all(client, [_TRIAL], _Forgetful())[0].reply
    cost = endpoint.cost(reply.tokens_in, reply.tokens_out)
    return EndpointTrial(reply.text[:200], read_reply(reply.text), reply.tokens_in, reply.tokens_out, cost)


def plan_judging(
    project: Project,
    run_ids: Sequence[str],
    judge: str,
    *,
    last_only: bool = False,
    max_prompts: int | None = None,
) -> JudgingPlan:
    """Returns the runs that would judge these policies and what that would cost; asks nobody anything.

    Args:
        project: the project.
        run_ids: trained runs or their evaluations.
        judge: ``llm:NAME``.
        last_only: the last checkpoint of each run only.
        max_prompts: at most so many prompts.

    Raises:
        NotFound: no such run or judge, or a run or its start model was not evaluated.
        BadInput: a run writes no text.
    """
    jobs = [
        plan_judgement(project, project.job(run_id), judge, last_only=last_only, max_prompts=max_prompts)
        for run_id in run_ids
    ]
    there = {job.id: job for job in project.jobs()}
    reader = StateReader(project)
    new = [job for job in jobs if job.id not in there or reader.state(job.id) is not RunState.FINISHED]
    costs = [judging_cost(project, job, there | {job.id: job for job in jobs}) for job in new]
    return JudgingPlan(jobs, JudgingCost(*(sum(column) for column in zip(*costs, strict=True))) if costs else _FREE)


def judge_runs(
    project: Project, run_ids: Sequence[str], judge: str, *, last_only: bool = False, max_prompts: int | None = None
) -> list[Job]:
    """Queues runs in which a judge behind an endpoint compares policies with their start model; as `plan_judging`."""
    jobs = plan_judging(project, run_ids, judge, last_only=last_only, max_prompts=max_prompts).jobs
    with project.edit() as edit:
        edit.change(runs={
            name: arms | {job.id: arms[job.inputs.answers or ""] for job in jobs if job.inputs.answers in arms}
            for name, arms in edit.manifest.runs.items()
        })  # fmt: skip
    launch.enqueue(project, jobs)
    return jobs


def _changed(name: str, before: Endpoint | None, changes: Mapping[str, Any]) -> Endpoint:
    return Endpoint.read((before.model_dump() if before else {}) | dict(changes), where=f"the judge `{name}`")


_FREE = JudgingCost(0, 0.0, 0.0, 0.0, 0.0)


class _Forgetful:
    """Keeps nothing, so that a trial asks."""

    def get(self, key: str) -> "Reply | None":
        return None

    def put(self, key: str, reply: "Reply") -> None:
        pass
