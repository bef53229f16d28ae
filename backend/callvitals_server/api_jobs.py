"""REST: jobs (docs/jobs.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response

from . import api_models as models
from .api_tools import answer, told
from .jobs import NoJobError, NotFailedError, State
from .problems import not_found
from .records import StorageError
from .service import Service

JobId = Annotated[str, Path(max_length=240)]


def make_jobs_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["jobs"])
    jobs = service.jobs

    @router.get("/api/jobs", response_model=None, responses=told(models.Jobs))
    async def list_(
        state: State | None = None,
        kind: Annotated[str, Query(max_length=32)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str, Query(max_length=32)] = "",
    ) -> Response:
        """Jobs: active ones, those that wait, those that wait for their time (the next first),
        failed and completed ones (the newest first). Jobs move while pages are turned."""
        with _asked():
            items, following = await jobs.page(state, kind, limit, cursor)
            counts = await jobs.counts()
        shown = [one.shown() for one in items]
        return answer(
            {"items": shown, "next": following, "counts": counts, "trouble": jobs.trouble}
        )

    @router.get("/api/jobs/{job_id}", response_model=None, responses=told(models.Job))
    async def one(job_id: JobId) -> Response:
        """One job."""
        with _asked():
            found = await jobs.get(job_id)
        if found is None:
            raise not_found("job")
        return answer(found.shown())

    @router.post("/api/jobs/{job_id}/retry", response_model=None, responses=told(models.Job))
    async def retry(job_id: JobId) -> Response:
        """Do a failed job again, with all its attempts."""
        with _asked():
            return answer((await jobs.retry(job_id)).shown())

    return router


@contextmanager
def _asked() -> Iterator[None]:
    """What can be wrong, as problems."""
    try:
        yield
    except NoJobError:
        raise not_found("job") from None
    except NotFailedError as error:
        raise HTTPException(409, f"only failed jobs can be retried: it is {error}") from None
    except StorageError as error:
        raise HTTPException(503, f"jobs are out of reach: {error}") from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
