"""An operation that has no method of its own: protect a branch, see it hold, and merge by pull request."""

from __future__ import annotations

from catchment import lakefs
from catchment.lakefs.exceptions import ForbiddenException
from catchment.local import Stack
from catchment_api.lakefs import api, models


def main() -> None:
    """Protect, try, ask."""
    with Stack() as stack, lakefs.Client(local=stack) as client:
        repo = lakefs.repository("raw", client).create("s3://bucket/raw")
        trunk, dev = repo.branch("main"), repo.branch("dev").create("main")
        api.repositories.set_branch_protection_rules.sync(
            repo.id, client=client.api, body=[models.BranchProtectionRule(pattern="main")]
        )
        try:
            trunk.upload("x", "x")
        except ForbiddenException as error:
            print(f"refused: {error.status} {error.message}")

        dev.upload("x", "x")
        dev.commit("x")
        pull = api.pulls.create_pull_request.sync(
            repo.id,
            client=client.api,
            body=models.PullRequestCreation(title="Take x", source_branch=dev.id, destination_branch=trunk.id),
        )
        merged = api.pulls.merge_pull_request.sync(repo.id, pull.id, client=client.api)
        print(f"merged as {merged.reference[:8]}: {trunk.object('x').exists()}")


if __name__ == "__main__":
    main()
