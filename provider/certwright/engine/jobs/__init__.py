"""Work that falls due by itself: one file and one line here for each kind, in the order in which a walk takes them.

Third parties add kinds by the entry-point group `certwright.jobs`; the entry point's name is the job's, its value a class or
function that is called without arguments and gives a `Job`. `certwright renew --all-due` and every other walk take the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

from certwright.domain.errors import CertwrightError
from certwright.engine.jobs.deploy import DeployJob
from certwright.engine.jobs.job import Job
from certwright.engine.jobs.prove import ProveJob
from certwright.engine.jobs.renew import RenewJob
from certwright.engine.jobs.sweep import SweepJob

ENTRY_POINT_GROUP = "certwright.jobs"

JOBS: tuple[Job, ...] = (
    RenewJob(),
    ProveJob(),
    DeployJob(),
    SweepJob(),
)


def _found() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


def all_jobs(*, found: Callable[[], Iterable[EntryPoint]] = _found) -> tuple[Job, ...]:
    """Ours first; a third party's of one of our names is left out. Raises CertwrightError (`job.plugin_failed`)."""
    own = {job.name for job in JOBS}
    others = sorted((point for point in found() if point.name not in own), key=lambda point: point.name)
    return (*JOBS, *(_loaded(point) for point in others))


def _loaded(point: EntryPoint) -> Job:
    try:
        made: Job = point.load()()
    except Exception as error:  # foreign code: whatever it raises, the user must learn whose it is
        raise CertwrightError(
            f"the job {point.name!r} comes from {point.value}, which does not load: {type(error).__name__}: {error}",
            code="job.plugin_failed",
        ) from error
    return made
