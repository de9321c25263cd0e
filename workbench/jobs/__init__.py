"""From an experiment to runs that happen: planning, the queue, devices, and the one background process that starts workers.

Nothing here imports what it starts: workers and the runner are named as modules, in strings.
"""
