"""From a sweep's evidence to its verdict, by pure functions on arrays.

    rows        the runs, scored once and sorted by use              `Sample`
    zone, surface_choice, region, location                           `Location`
    comparisons                                                      `RegretTests`, `Comparison`
    findings    all estimates and p-values of a sweep (`gather`)     `Findings`
    rules       the rule that decides, from findings to an answer    `Decision`
    decide      applies the rule to sweeps and studies               `SweepVerdict`, `StudyVerdict`
    sentences   the answer in words                                  `Sentence`, `Reason`
    exchange    verdicts as JSON

A rule *decides* here; `studies.judgement` *judges* a stored study, that is, reads its rows and has them decided.
"""
