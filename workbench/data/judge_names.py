"""Whether a judge that was named is there, told without running any of its code: planning asks, hours before judging."""

import ast
import difflib
import importlib.util
import re
from collections.abc import Container, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.recipes import RewardSource
from workbench.domain.records import Job

REWARD_PREFIX = "reward:"
ENSEMBLE_PREFIX = "ensemble:"
BUILT_IN = {
    "vader": "sentiment of the response, from -1 to 1 (VADER)",
    "length": "characters of the response: longer scores higher",
    "film-critic": "the demonstration's gold standard for film reviews",
}
FORMS = (
    "vader, length, film-critic, reward:RUN_OR_FOLDER, ensemble:RUN_OR_FOLDER+RUN_OR_FOLDER, llm:NAME, "
    "package.module:function or file.py:function"
)


def check_judge(name: str, base: Path) -> None:
    """Makes sure that a judge of text is there.

    Args:
        name: as in `judges`.
        base: the folder that a relative ``file.py`` is looked up in.

    Raises:
        NotFound: no built-in judge, module, file or function of that name.
        BadInput: the file is not Python.
    """
    if name in BUILT_IN:
        return
    place, _, function = name.rpartition(":")
    if not place or not function:
        raise no_such_judge(name)
    if place.endswith(".py"):
        _check_file(name, base / Path(place).expanduser(), function)
    elif not _is_installed(place):
        raise not_installed(name, place)


def ensemble_members(name: str) -> list[str]:
    """Returns the reward models of ``ensemble:A+B+C``; commas do too, where they do not part judges.

    Raises:
        BadInput: there are fewer than two, or one stands there twice.
    """
    members = [member.strip() for member in re.split("[,+]", name.removeprefix(ENSEMBLE_PREFIX)) if member.strip()]
    if len(members) < 2 or len(set(members)) < len(members):
        raise BadInput(
            f"The judge {name} needs two or more different reward models.",
            "As in ensemble:reward-s0-1a2b3c4d+reward-s1-5e6f7a8b.",
        )
    return members


def reward_models_of(job: Job, runs: Container[str]) -> list[str]:
    """Returns all reward models that a run is rewarded or judged by, by their names in jobs, each as often as it scores.

    Args:
        job: the run.
        runs: ids of the project's runs, which tell a run from a folder.
    """
    terms = job.recipe.terms if isinstance(job.recipe, RewardSource) else ()
    named = [name for term in terms for name in _members(term.source)]
    return [*job.inputs.rewards, *(f"run:{name}" if name.partition("@")[0] in runs else name for name in named)]


def _members(judge: str) -> list[str]:
    if judge.startswith(REWARD_PREFIX):
        return [judge.removeprefix(REWARD_PREFIX)]
    return ensemble_members(judge) if judge.startswith(ENSEMBLE_PREFIX) else []


def judge_choices(folder: Path) -> list[tuple[str, str]]:
    """Returns the judges at hand without running any code, each with what it measures.

    Args:
        folder: whose Python files, and those in its `judges` folder, are offered function by function.
    """
    found = list(BUILT_IN.items())
    for path in sorted((*folder.glob("*.py"), *folder.glob("judges/*.py"))):
        try:
            tree = ast.parse(path.read_bytes(), str(path))
        except (SyntaxError, ValueError, OSError):
            continue  # named by hand it is refused with its reason
        functions = [item for item in tree.body if isinstance(item, ast.FunctionDef) and item.name[0] != "_"]
        for function in functions:
            says = (ast.get_docstring(function) or "a function of this project").splitlines()[0]
            found.append((f"{path.relative_to(folder)}:{function.name}", says))
    return found


def no_such_judge(name: str) -> NotFound:
    """Returns the error for a name that is no judge's, with the nearest that is."""
    if name.endswith(".py"):
        return NotFound(f"The judge `{name}` names a file and no function.", f"Name the function too: `{name}:score`.")
    near = difflib.get_close_matches(name, BUILT_IN, n=1, cutoff=0.5)
    hint = f"Did you mean `{near[0]}`?" if near else f"Judges are {FORMS}."
    return NotFound(f"There is no judge `{name}`.", hint)


def not_installed(name: str, place: str) -> NotFound:
    """Returns the error for a judge whose module is not there."""
    sentence = f"The judge {name} names the module {place}, which is not installed here."
    return NotFound(sentence, f"Judges are {FORMS}.")


def no_such_function(name: str, place: str, function: str, known: list[str]) -> NotFound:
    """Returns the error for a judge whose module or file has no such function, with the nearest that it has."""
    near = difflib.get_close_matches(function, known, n=1, cutoff=0.5)
    hint = f"Did you mean `{near[0]}`?" if near else f"It has: {', '.join(known) or 'no functions'}."
    return NotFound(f"The judge {name} names `{function}`, which {place} does not have.", hint)


def _check_file(name: str, path: Path, function: str) -> None:
    if not path.is_file():
        raise NotFound(
            f"There is no judge file {path}, which the judge {name} names.",
            "Paths start from the experiment file's folder.",
        )
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        raise BadInput(
            f"The judge {name} cannot be used: {path} is not Python: {error}.", "Correct the file."
        ) from error
    names = set(_bound_names(tree))
    if function not in names and "*" not in names:
        known = sorted(item.name for item in tree.body if isinstance(item, ast.FunctionDef) and item.name[0] != "_")
        raise no_such_function(name, path.name, function, known)


def _bound_names(node: ast.AST) -> Iterator[str]:
    """Yields the names that a module gives a meaning; `*` where it takes all of another's."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child.name
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.alias):
            yield child.asname or child.name.partition(".")[0]
        elif not isinstance(child, ast.Lambda):
            yield from _bound_names(child)


def _is_installed(module: str) -> bool:
    """Says whether a module can be imported. Its packages are searched on disk, for `find_spec` would import them."""
    package, *inner = module.split(".")
    spec = _find(package)
    for i in range(len(inner)):
        if spec is None or spec.submodule_search_locations is None:
            return False
        spec = PathFinder.find_spec(".".join([package, *inner[: i + 1]]), list(spec.submodule_search_locations))
    return spec is not None and spec.origin is not None  # a folder without code has no origin


def _find(package: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
