"""A history that is only read: of a service that runs, or ran, or of a backup. It is never made,
brought up to date or locked."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from .database import postgres_engine, sqlite_engine, storage_errors, version
from .reads import Reads
from .records import StorageError
from .schema import HEAD
from .shelves import Files, Partitions, Shelves


class Stored(Reads):
    """`source`: a data folder, or postgresql://…; to be used in a `with` block. Raises
    StorageError."""

    def __init__(self, source: str | Path) -> None:
        self.shelves: Shelves
        if str(source).startswith(("postgresql://", "postgres://")):
            self.engine = postgres_engine(str(source))
            self.shelves = Partitions(self.engine)
            where = self.engine.url.render_as_string(hide_password=True)
        else:
            path = Path(source) / "callvitals.db"
            if not path.is_file():
                raise StorageError(f"no history in {source}: there is no callvitals.db")
            self.engine = sqlite_engine(path, ("query_only=ON",))
            self.shelves = Files(Path(source))
            where = str(source)
        try:
            with storage_errors(), self.engine.connect() as db:
                found = version(db)
            if found != HEAD:
                raise StorageError(
                    f"it has schema {found}, this callvitals reads {HEAD}: start the service on it"
                )
        except StorageError as error:
            self.close()
            raise StorageError(f"{where}: {error}") from error

    def close(self) -> None:
        """Give all connections back."""
        self.shelves.close()
        self.engine.dispose()

    def __enter__(self) -> Stored:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
