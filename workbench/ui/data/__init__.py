"""The parts of the Data page: the table that pages, the filter's controls, the pair in full, plots that filter, import."""
