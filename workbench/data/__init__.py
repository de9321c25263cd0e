"""Files to preference pairs and back.

Read in this order: `tables` (any container as records), `reader` and `readers/` (records to rows, one small file a format),
`detection` (which of them), `checks` (what every row must satisfy), `splits`, `columns`, `content` and `store` (rows on
disk), `importing` (all of it, whole or not at all), `hub` (a dataset by its hub id), `writing` (rows back to TRL's files).
"""
