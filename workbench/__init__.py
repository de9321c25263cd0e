"""Preference Workbench: pairs become a job, a job says events, events become curves, curves become panels and figures.

The packages are the stages of the product, in the order in which data flows through them:

    domain     the vocabulary everything else is written in
    data       files to preference pairs and back
    storage    the project folder, the run log, migrations
    training   the worker process; the only place with torch
    jobs       experiments to runs; the queue and the runner
    compare    curves, win rates, KL, verdicts; what to draw
    export     panels and tables to files people keep
    api        every verb of the product
    cli, ui    the command line and the window over ``api``
"""

__version__ = "0.1.0"
