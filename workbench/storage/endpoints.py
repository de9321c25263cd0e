"""The judges behind an endpoint that a person has declared on this computer."""

import difflib

from workbench.domain.endpoints import LLM_PREFIX, Endpoint
from workbench.domain.errors import NotFound
from workbench.storage.preferences import read_preferences


def find_endpoint(name: str) -> Endpoint:
    """Returns a declared endpoint, by its name with or without ``llm:``.

    Raises:
        NotFound: this computer has none of that name.
    """
    name = name.removeprefix(LLM_PREFIX)
    known = read_preferences().endpoints
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    declared = f"Declared are {', '.join(known)}." if known else "None is declared yet."
    hint = f"Did you mean `{near[0]}`?" if near else f"{declared} See `workbench endpoints --help`, or Settings."
    raise NotFound(f"There is no judge endpoint `{name}` on this computer.", hint)
