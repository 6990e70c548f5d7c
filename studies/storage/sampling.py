"""Asks an Optuna sampler for points. (Being written: fixed designs never come here.)"""
