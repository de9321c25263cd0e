"""What is kept, and only here: atomic versioned files, the project folder, the run log, checkpoints and migrations.

Everything is named relative to the project's folder, so a project works after it was moved or copied.
"""
