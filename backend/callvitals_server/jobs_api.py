"""REST of the jobs (docs/jobs.md)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from .jobs import NoJobError, NotFailedError, State
from .problems import not_found
from .records import StorageError
from .service import Service


def make_jobs_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter()
    jobs = service.jobs

    @router.get("/api/jobs")
    async def list_(
        state: State | None = None,
        kind: Annotated[str, Query(max_length=32)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str, Query(max_length=32)] = "",
    ) -> dict[str, Any]:
        """Jobs: active ones, those that wait, those that wait for their time (the next first),
        failed and completed ones (the newest first). `next` is the cursor of the next page;
        `counts` are those of all jobs, of every kind."""
        try:
            items, following = await jobs.page(state, kind, limit, cursor)
            counts = await jobs.counts()
        except StorageError as error:
            raise _unreadable(error) from error
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        shown = [one.shown() for one in items]
        return {"items": shown, "next": following, "counts": counts, "trouble": jobs.trouble}

    @router.get("/api/jobs/{job_id}")
    async def one(job_id: str) -> dict[str, Any]:
        """One job."""
        try:
            found = await jobs.get(job_id)
        except StorageError as error:
            raise _unreadable(error) from error
        if found is None:
            raise not_found("job")
        return found.shown()

    @router.post("/api/jobs/{job_id}/retry")
    async def retry(job_id: str) -> dict[str, Any]:
        """Do a failed job again, with all its attempts."""
        try:
            return (await jobs.retry(job_id)).shown()
        except NoJobError:
            raise not_found("job") from None
        except NotFailedError as error:
            raise HTTPException(
                409, f"this job is {error}: only failed ones can be retried"
            ) from None
        except StorageError as error:
            raise _unreadable(error) from error

    return router


def _unreadable(error: StorageError) -> HTTPException:
    return HTTPException(503, f"jobs are out of reach: {error}")
