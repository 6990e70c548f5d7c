"""Webhooks: what becomes of studies, sent to addresses that the operator chose."""
