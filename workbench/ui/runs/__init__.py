"""Runs on screen: their tree and queue, and everything that one of them says."""
