"""Waiting for trials: cheap while it lasts, ended by a trial, by time, by the caller's leaving and by a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from own_trainers import submit
from raw_http import Answer, ask
from serving import serving
from waiting import wait_until

from service.app import create_app
from service.client import Client
from service.long_poll import Askers, Waiters
from service.settings import Settings
from studies.storage import queue
from studies.storage.engine import Database, open_database
