"""The studies of the reports, run again: specs/reports/ to docs/reports.md.

    python -m benchmarks.reports [STUDY ...] [--out DIR] [--data-dir DIR] [--page PAGE] [--no-run]

Runs the sweeps of these studies, or of all, one after the other (what is complete is not repeated) and writes the page
from all that are complete. Ctrl-C keeps what there is; the same command goes on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.reports.page import names_of, write_page
from benchmarks.reports.preferred import preferred
from benchmarks.reports.runner import INTERRUPTED, ReportsBenchmark, expected_seconds, run_all
from benchmarks.reports.studies import STUDIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reports.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {study.name: study for study in STUDIES}
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"any of {', '.join(known)}")
    parser.add_argument("--out", type=Path, default=Path("sweep-results") / "reports", help="where the sweeps go")
    parser.add_argument("--data-dir", type=Path, help="where the data lies, else SWEEPS_DATA")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--no-run", action="store_true", help="only write the page, from what is complete")
    given = parser.parse_args()
    if unknown := set(given.studies) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; valid: {', '.join(known)}")
    benchmark = ReportsBenchmark(given.out, given.data_dir)
    wanted = names_of([known[name] for name in given.studies or known])
    try:
        failed = [] if given.no_run else run_all(benchmark, wanted, expected_seconds(given.page))
    except KeyboardInterrupt:
        print("\ninterrupted; everything so far is kept, the same command goes on")
        return INTERRUPTED
    missing = write_page(given.page, benchmark, STUDIES, preferred)
    print(f"wrote {given.page}")
    for name, reason in missing.items():
        print(f"not answered: {name} ({reason})")
    return 1 if failed or set(missing) & set(given.studies or known) else 0


if __name__ == "__main__":
    sys.exit(main())
