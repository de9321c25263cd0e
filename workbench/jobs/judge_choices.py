"""Whether a judge that a person names can be used, said while the name is typed: nothing is run, hashed or downloaded."""

from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, check_judge, ensemble_members
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.errors import WorkbenchError
from workbench.jobs.model_choices import look_at
from workbench.storage.endpoints import find_endpoint
from workbench.storage.project import Project, nearest


def judge_problem(project: Project, name: str) -> str:
    """Says in a sentence why a judge cannot be used; empty where it can.

    Args:
        project: runs are looked up in it, and relative paths start at its folder.
        name: as in `judges`.
    """
    try:
        if name.startswith(LLM_PREFIX):
            find_endpoint(name)
        elif name.startswith(ENSEMBLE_PREFIX):
            said = (_reward_model_problem(project, member) for member in ensemble_members(name))
            return next((problem for problem in said if problem), "")
        elif name.startswith(REWARD_PREFIX):
            return _reward_model_problem(project, name.removeprefix(REWARD_PREFIX))
        else:
            check_judge(name, project.folder)
    except WorkbenchError as error:
        return str(error)
    return ""


def _reward_model_problem(project: Project, source: str) -> str:
    """Says why a run or folder is no reward model; of a name as `org/model` the hub may know, which is asked later."""
    trained = [job.id for job in project.jobs() if job.method == "reward"]
    if source in trained:
        return ""
    found = look_at(project, source)
    if found.where == "hub" and "/" not in source:
        return f"The project has no reward model `{source}`. {nearest(source, trained, 'reward model')}"
    return found.problem
