"""Hold pull requests: a source branch, a destination branch, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from catchment.local.lakefs.errors import InvalidError


@dataclass(slots=True)
class PullRequest:
    """One pull request; dates are seconds since the epoch."""

    id: str
    title: str
    description: str
    author: str
    source_branch: str
    destination_branch: str
    created: float
    status: str = "open"
    merged_commit_id: str | None = None
    closed: float | None = None

    def update(self, title: str | None, description: str | None, status: str | None, now: float) -> None:
        """Change the texts, or close and reopen; a merged one stays merged."""
        if status is not None:
            self._move_to(status, now)
        self.title = self.title if title is None else title
        self.description = self.description if description is None else description

    def _move_to(self, status: str, now: float) -> None:
        if status not in ("open", "closed"):
            raise InvalidError(f"invalid pull request status {status!r}: only open and closed can be set")
        if self.status == "merged":
            raise InvalidError("pull request is already merged")
        self.status = status
        self.closed = now if status == "closed" else None

    def check_open(self) -> None:
        """Refuse to merge what is not open."""
        if self.status != "open":
            raise InvalidError(f"pull request is not open: {self.status}")
