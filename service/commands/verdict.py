"""The `golden verdict` command: on a study of the service, or on trials measured elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.common import AsJson, UsageError, connect, out, print_json
from service.commands.completion import files, objectives, study_names, sweep_names, ways_of_choosing
from service.commands.foreign import ForeignTrials, judge_foreign
from service.commands.objectives import caution, objectives_table
from service.commands.run_end import lost_lines
from service.commands.showing import show_verdict
from service.verdicts.forecast_text import with_command
from studies.language.versions import ANALYSES

app = typer.Typer()
Study = Annotated[str | None, typer.Argument(metavar="[STUDY]", help="The study's name.", autocompletion=study_names)]
OtherObjective = Annotated[
    str | None,
    typer.Option("--objective", help="Judge by another measure than the claim's.", autocompletion=objectives),
]
AllObjectives = Annotated[
    bool, typer.Option("--all-objectives", help="Judge a study's trials by every measure, side by side.")
]
File = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Judge the trials in a file: CSV, JSON or Parquet, as an export or a tracker writes it.",
        autocompletion=files,
    ),
]
OptunaUrl = Annotated[
    str | None,
    typer.Option("--from-optuna", metavar="URL", help="Judge an Optuna study in this database, or journal file."),
]
NamedClaim = Annotated[
    str | None,
    typer.Option(
        "--claim", metavar="POINT", help="The claim and the columns of its parameters, such as lr=0.1,momentum=0.9."
    ),
]
Tolerance = Annotated[
    str | None,
    typer.Option(
        "--tolerance",
        metavar="NEAR",
        help="How near to the claim is near: depth=1 on a linear scale, else a factor; for your own parameters.",
    ),
]
NamedMeasure = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="The column of the values, such as val_acc, or reward:maximize where the name does not say it.",
    ),
]
NamedSpace = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="RANGES",
        help="Of trials that `golden next` planned: the ranges given there, such as lr=1e-4..1,momentum=0..0.99.",
    ),
]
OptunaStudy = Annotated[
    str | None, typer.Option("--study", metavar="NAME", help="With --from-optuna.", autocompletion=sweep_names)
]
Document = Annotated[
    Path | None,
    typer.Option(
        "--document",
        metavar="FILE",
        help="The study document of those trials: claim, box, seed, data.",
        autocompletion=files,
    ),
]
Points = Annotated[
    str | None,
    typer.Option(
        "--points",
        help="How the points of those trials were chosen: fixed or adaptive.",
        autocompletion=ways_of_choosing,
    ),
]
Images = Annotated[int | None, typer.Option("--images", help="Test images behind each value of those trials [10000].")]
Looks = Annotated[
    int | None, typer.Option("--looks", help="How often those trials were judged, this time included [1].")
]
Analysis = Annotated[
    int | None,
    typer.Option(
        "--analysis",
        min=ANALYSES[0],
        max=ANALYSES[-1],
        help="Judge again under this version of the analysis; exploratory unless the study's document fixed it.",
    ),
]
FailedAsDiverged = Annotated[
    bool, typer.Option("--failed-as-diverged", help="Count those trials that failed, or have no value, as diverged.")
]


@app.command()
def verdict(
    study: Study = None,
    objective: OtherObjective = None,
    all_objectives: AllObjectives = False,
    source: File = None,
    optuna: OptunaUrl = None,
    optuna_study: OptunaStudy = None,
    claim: NamedClaim = None,
    measure: NamedMeasure = None,
    space: NamedSpace = None,
    tolerance: Tolerance = None,
    document: Document = None,
    points: Points = None,
    images: Images = None,
    looks: Looks = None,
    analysis: Analysis = None,
    failed_as_diverged: FailedAsDiverged = False,
    as_json: AsJson = False,
) -> None:
    """Say whether the optimum lies where the claim says: supported, refuted or inconclusive, per sweep.

    Trials measured elsewhere (--from, --from-optuna) may be tables of W&B, MLflow, Ray Tune, TensorBoard, Keras Tuner,
    Optuna or scikit-learn: `golden verdict --from runs.csv --claim lr=0.1,momentum=0.9 --measure val_acc`. Rows that
    are no trainings are left out and counted. Trials can be supported or refuted if phase (confirm), arm (claim,
    best) and block mark fresh paired runs, as in an export of a whole study; without these they stay inconclusive.
    """
    asked = analysis if study is None else None  # of a study the service is asked
    trials = ForeignTrials(
        source,
        optuna,
        optuna_study,
        document,
        points,
        images,
        looks,
        asked,
        failed_as_diverged,
        claim,
        measure,
        tolerance,
        space,
    )
    _check(study, trials)
    if all_objectives:
        if analysis is not None:
            raise UsageError("--all-objectives judges by the study's own analysis; leave out --analysis")
        _by_every_objective(study, objective, as_json=as_json)
    elif study is not None:
        _own(study, objective, analysis, as_json=as_json)
    else:
        _foreign(trials, objective, as_json=as_json)


def _check(study: str | None, trials: ForeignTrials) -> None:
    """Refuse options that contradict each other, or that would be ignored."""
    if sum(given is not None for given in (study, trials.file, trials.optuna)) != 1:
        raise UsageError("name a study, or a file with --from, or a database with --from-optuna; one of them")
    if trials.optuna_study is not None and trials.optuna is None:
        raise UsageError("--study names a study in the database of --from-optuna; leave it out, or give that too")
    if study is not None and trials.stated:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in trials.stated)
        raise UsageError(f"{names} belong to trials measured elsewhere (--from, --from-optuna); leave them out")


def _own(study: str, objective: str | None, analysis: int | None, *, as_json: bool) -> None:
    """The verdict on a study of the service, and the forecast of the runs that would decide it."""
    with connect() as client:
        if as_json:
            print_json(client.json.verdict(study, objective=objective, analysis=analysis))
            return
        found = client.verdict(study, objective=objective, analysis=analysis)
        undecided = any(sweep.needed for sweep in found.sweeps)
        advice = with_command(client.forecast(study)) if undecided else []
        detail = client.study(study)
        if detail.summary.trials_failed:
            advice = [*lost_lines(client.trials(study)), *advice]
    show_verdict(out, found, detail.spec, notes=[found.caution] if found.caution else [], advice=advice)


def _foreign(trials: ForeignTrials, objective: str | None, *, as_json: bool) -> None:
    """The verdict on trials measured elsewhere, with notes on what it ignores."""
    found = judge_foreign(trials, objective)
    if as_json:
        from studies.verdict.exchange import to_json

        print_json(to_json(found))
    else:
        show_verdict(out, found, notes=found.notes)


def _by_every_objective(study: str | None, objective: str | None, *, as_json: bool) -> None:
    if study is None or objective is not None:
        raise UsageError("--all-objectives takes the name of a study, and no --objective")
    with connect() as client:
        if as_json:
            print_json(client.json.objectives(study))
            return
        found = client.objectives(study)
    out.print(objectives_table(found))
    out.print(caution(found), markup=False)
