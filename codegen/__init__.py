"""What turns `specs/` into `generated/`, and `_async/` into `_sync/`. Never shipped; see README.md."""
