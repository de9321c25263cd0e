"""The command line: one sub-command a verb of `workbench.api`."""

import json
import os
import sys
import traceback
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from workbench import api
from workbench.cli import (
    claims,
    data,
    experiments,
    exporting,
    judging,
    machine,
    metrics,
    optimisation,
    playground,
    preferences,
    projects,
    replaying,
    results,
    runs,
    tidying,
)
from workbench.cli.output import examples
from workbench.domain.errors import WorkbenchError

_EPILOG = (
    examples(
        "workbench demo",
        "workbench new my-project",
        "workbench import my-project pairs.jsonl --name helpful",
        "workbench run my-project experiment.yaml",
        "workbench compare my-project --out comparison.svg",
    )
    + "\n\nEvery command has its own --help with examples, and --json for scripts."
)

_STILL_RUNNING = 130  # what a shell expects after Ctrl+C

app = typer.Typer(
    name="workbench",
    help="Train a reward model with PPO, or DPO without one, and compare rewards, KL and win rates on equal terms.",
    epilog=_EPILOG,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
GROUPS = (
    projects, data, experiments, runs, replaying, tidying, results, claims, judging, optimisation, exporting, metrics,
    playground, machine, preferences,
)  # fmt: skip
for group in GROUPS:
    group.register(app)


@app.callback()
def root(context: typer.Context) -> None:
    """Prepares for a command, or prints the help where none is named."""
    if context.invoked_subcommand is None:
        print(context.get_help())
    else:
        api.enter_hub_folder()


def main() -> NoReturn:
    """Runs the command line. Exits 0 only on success; an error is one sentence on standard error, with --json an object too."""
    try:
        code = app(standalone_mode=False)
    except WorkbenchError as error:
        _end(error.sentence, 1, error.hint)
    except TyperException as error:
        said = error.format_message().replace("Value error, ", "").rstrip(".")
        _end(f"{said}.", error.exit_code, "Add --help to see what is expected.")
    except typer.Abort:
        _end("Cancelled.", _STILL_RUNNING)
    except KeyboardInterrupt:
        _end("Interrupted.", _STILL_RUNNING)
    except BrokenPipeError:  # the reader of a pipe, as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # a fault of ours: still one sentence, and the traceback on request
        if "--debug" in sys.argv:
            raise
        _end(f"Something unexpected went wrong: {type(error).__name__}: {error}.", 1, "Add --debug to see where.")
    sys.exit(code if isinstance(code, int) else 0)


def _end(sentence: str, code: int, hint: str = "") -> NoReturn:
    if "--debug" in sys.argv:
        traceback.print_exc()
    error, helps = " ".join(sentence.split()), " ".join(hint.split())
    print(f"{error} {helps}".strip(), file=sys.stderr)
    if "--json" in sys.argv:
        print(json.dumps({"error": error, "hint": helps}, ensure_ascii=False), file=sys.stderr)
    sys.exit(code)
