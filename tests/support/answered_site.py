"""Puts answers of analysis 5 into the stored verdict of an ended study, so that the service shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from filled_answers import UNDECIDED, answered_study

from service.verdicts.stored import StoredVerdicts
from studies.judgement import judge
from studies.storage import overview
from studies.storage.engine import Database
from studies.verdict.answers import Statements
from studies.verdict.model import StudyVerdict


def store_answers(db: Database, name: str, statements: Statements = UNDECIDED, **changes: Any) -> StudyVerdict:
    """Judge an ended study, fill in answers, and store the verdict as the service would; before anybody asks for it.

    Args:
        db: the database.
        name: the study.
        statements: of every sweep.
        changes: of the filled answers.
    """
    own = judge(db, name)
    filled = replace(answered_study(own, statements, **changes), analysis_version=own.analysis_version)
    study, revision = overview.stamp(db, name)
    StoredVerdicts(db).keep(study, revision, filled)
    return filled
