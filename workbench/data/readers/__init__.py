"""One small module for each format. A new one needs a module here with a READER, and nothing else."""
