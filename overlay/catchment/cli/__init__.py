"""The command `catchment`: data on stdout, talk on stderr, the library's own errors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from catchment import __version__
from catchment.cli import explaining
from catchment.core.errors import CatchmentError


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: Instead of the process's own.

    Returns:
        Exit status: 0 for success, 1 for an error, 2 for unusable arguments.
    """
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except CatchmentError as error:
        print(f"catchment: {error}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(f"  {note}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="catchment", description="One client for a team's data platforms.")
    parser.add_argument("--version", action="version", version=f"catchment {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="tell one story on real data",
        description="Tell one story on real data (flights of New York, 2013) and check what comes back.",
        epilog="Examples:\n  catchment demo\n  catchment demo --profile dev    # on the platforms of this profile",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument(
        "--profile", help="run on the platforms of this profile instead of the local stack; it makes things there"
    )
    demo.add_argument("--storage-namespace", help="with --profile: where the new lakeFS repository keeps its data")
    demo.set_defaults(run=_demo)

    explain = commands.add_parser(
        "explain",
        help="say where credentials come from",
        description="List every source of credentials in order and say which one wins; values are masked.",
        epilog="Examples:\n  catchment explain lakefs\n  catchment explain v3io --profile dev",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("platform", choices=list(explaining.PLATFORMS))
    explain.add_argument("--profile", help="profile to look in")
    explain.set_defaults(run=_explain)
    return parser


def _demo(chosen: argparse.Namespace) -> int:
    from catchment.cli.demo import run

    return run(profile=chosen.profile, storage_namespace=chosen.storage_namespace)


def _explain(chosen: argparse.Namespace) -> int:
    return explaining.explain(chosen.platform, chosen.profile)
