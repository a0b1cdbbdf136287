"""What waits, written once; `_sync` holds its generated twin."""
