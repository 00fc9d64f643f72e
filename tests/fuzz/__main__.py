"""``python -m tests.fuzz [--seconds N] [--first SEED]``: a campaign, and its figures.

With ``--beside FOLDER --dialect RELEASE`` QEMU's own front end, which FOLDER has as ``scripts/qapi``,
is asked for its verdicts, too, and disagreements are listed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from qapigen.compiler.dialect import RELEASES
from tests.outside import corpus_folder

from .campaign import roots, run
from .differential import Comparison, Disagreement, Peer, run_beside
from .snippets import Snippets, of_releases

#: More memory than this ends a run: it counts as a crash.
LIMIT_BYTES = 2 * 1024**3

_SHOWN = 20  # kinds of disagreements


def main() -> int:
    """Run a campaign; 1 if it found a crash or a disagreement."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--beside", type=Path, metavar="FOLDER")
    parser.add_argument("--dialect", choices=RELEASES, metavar="RELEASE")
    options = parser.parse_args()
    if (options.beside is None) is not (options.dialect is None):
        parser.error("--beside and --dialect go together")
    if options.beside is not None and not (options.beside / "scripts" / "qapi").is_dir():
        parser.error(f"no scripts/qapi in {options.beside}")
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    folder = corpus_folder()
    if folder is None:
        parser.error("no corpus: set QAPIGEN_CORPUS to its folder")
    snippets = of_releases(folder)
    seeds = range(options.first, options.first + 10**9)
    until = time.monotonic() + options.seconds
    if options.beside is not None:
        return _beside(options.beside, _nearest(snippets, options.dialect), seeds, until)
    return _alone(folder, snippets, seeds, until)


def _nearest(snippets: list[Snippets], release: str) -> Snippets:
    """The definitions of the newest release that is not after this one, to be read as of it."""
    rank = RELEASES.index(release)
    fitting = [each for each in snippets if RELEASES.index(each.release) <= rank] or snippets[:1]
    return Snippets(release, fitting[-1].by_name)


def _alone(folder: Path, snippets: list[Snippets], seeds: range, until: float) -> int:
    schemas = roots(folder)
    outcome = run([*schemas, *snippets], seeds, until=until)
    rate = outcome.runs / max(outcome.seconds, 1e-9)
    print(f"schemas {len(schemas)}, releases {len(snippets)}")
    print(f"runs {outcome.runs}, {rate:.0f} per second")
    print(f"accepted {outcome.accepted}, rejected {outcome.rejected}")
    slowest = f"{outcome.slowest:.2f} s (seed {outcome.slowest_seed})"
    print(f"codes seen {len(outcome.codes)}, slowest run {slowest}")
    print(f"peak memory {outcome.peak_mib} MiB, crashes {len(outcome.crashes)}")
    for seed, text in outcome.crashes[:10]:
        print(f"  seed {seed}: {text}")
    return 1 if outcome.crashes else 0


def _beside(folder: Path, snippets: Snippets, seeds: range, until: float) -> int:
    peer = Peer(folder)
    with tempfile.TemporaryDirectory() as room:
        outcome = run_beside(peer, snippets, seeds, Path(room), until=until)
    peer.close()
    _tell(outcome)
    return 1 if outcome.found else 0


def _tell(outcome: Comparison) -> None:
    print(f"runs {outcome.runs}")
    print(
        f"theirs: {outcome.accepted} accepted, {outcome.refused} refused, {outcome.crashed} crashes"
    )
    for reason, count in outcome.known.most_common():
        print(f"known, {count}: {reason}")
    kinds = defaultdict[str, list[Disagreement]](list)
    for each in outcome.found:
        kinds[each.kind].append(each)
    print(f"disagreements {len(outcome.found)} of {len(kinds)} kinds")
    for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        least = min(found, key=lambda each: len(each.text))
        print(f"  {len(found)}: {kind} (seed {least.seed})")
        print(f"    ours:   {least.ours[-200:]}")
        print(f"    theirs: {' | '.join(least.theirs.splitlines())[-200:]}")


sys.exit(main())
