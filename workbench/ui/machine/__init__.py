"""How busy the computer is, over the last minutes, and with which runs."""
