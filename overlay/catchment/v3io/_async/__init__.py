"""What waits, awaited; `_sync` is its generated twin."""
