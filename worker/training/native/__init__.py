"""Compiled training of the paper's network on a CPU, and how it gets compiled."""
