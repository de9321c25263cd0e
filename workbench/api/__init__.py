"""Every verb of the product, in the order in which work flows: what window and command line both call.

The verbs and their homes are listed in `__init__.pyi`. One is imported when it is first used, so that `workbench --help`
does not wait for Parquet, DuckDB or matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
