"""Measurements for Prometheus. Needs a token like everything else; one that may only look will do."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest

from service.metrics import Meters

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}},
)
def get_metrics(request: Request) -> Response:
    """Queue, trials, runs, workers, leases, verdict and request times in Prometheus' text format."""
    meters: Meters = request.app.state.meters
    return Response(generate_latest(meters.registry), media_type=MEDIA_TYPE)
