"""Runs the command as `python -m catchment.cli`."""

from catchment.cli import main

raise SystemExit(main())
