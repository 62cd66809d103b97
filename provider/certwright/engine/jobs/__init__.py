"""Work that falls due by itself: one file and one line here for each kind, in the order in which a walk takes them.

Third parties add kinds by the entry-point group `certwright.jobs`; the entry point's name is the job's, its value a class or
function that is called without arguments and gives a `Job`. `certwright renew --all-due` and every other walk take the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError
from certwright.engine.jobs.deploy import DeployJob
from certwright.engine.jobs.job import Job
from certwright.engine.jobs.prove import ProveJob
from certwright.engine.jobs.renew import RenewJob
from certwright.engine.jobs.sweep import SweepJob
from certwright.engine.kinds import with_others

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.jobs"

JOBS: tuple[Job, ...] = (
    RenewJob(),
    ProveJob(),
    DeployJob(),
    SweepJob(),
)


# What these find of one certificate is planned, told and done together.
PLANNED = frozenset({RenewJob.name, ProveJob.name, DeployJob.name})
SWEEPING = SweepJob.name


def all_jobs(*, found: Callable[[], Iterable[EntryPoint]] | None = None) -> tuple[Job, ...]:
    """Ours first; a third party's of one of our names is left out. Raises CertwrightError (`job.plugin_failed`)."""
    return with_others(JOBS, group=ENTRY_POINT_GROUP, broken=_broken, found=found)


def _broken(point: EntryPoint, seen: str) -> CertwrightError:
    message = f"the job {point.name!r} comes from {point.value}, which does not load: {seen}"
    return CertwrightError(message, code="job.plugin_failed")
