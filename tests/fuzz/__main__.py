"""``python -m tests.fuzz [--seconds N] [--first SEED]``: a campaign, and its figures."""

from __future__ import annotations

import argparse
import resource
import sys
import time

from tests.outside import corpus_folder

from .campaign import roots, run

#: More memory than this ends a run: it counts as a crash.
LIMIT_BYTES = 2 * 1024**3


def main() -> int:
    """Run a campaign; 1 if it found a crash."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    folder = corpus_folder()
    if folder is None:
        parser.error("no corpus: set QAPIGEN_CORPUS to its folder")
    schemas = roots(folder)
    seeds = range(options.first, options.first + 10**9)
    outcome = run(schemas, seeds, until=time.monotonic() + options.seconds)
    rate = outcome.runs / max(outcome.seconds, 1e-9)
    print(f"schemas {len(schemas)}, runs {outcome.runs}, {rate:.0f} per second")
    print(f"accepted {outcome.accepted}, rejected {outcome.rejected}")
    print(
        f"codes seen {len(outcome.codes)}, slowest run {outcome.slowest:.2f} s (seed {outcome.slowest_seed})"
    )
    print(f"peak memory {outcome.peak_mib} MiB, crashes {len(outcome.crashes)}")
    for seed, text in outcome.crashes[:10]:
        print(f"  seed {seed}: {text}")
    return 1 if outcome.crashes else 0


sys.exit(main())
