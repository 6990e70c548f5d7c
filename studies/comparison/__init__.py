"""Comparisons of arms: pure functions of a document's arms and the runs that measured them. No arm is judged."""
