"""Figures. Each is two functions: `*_info` (plain data, all the logic) and `*_figure` (drawing, no logic)."""
