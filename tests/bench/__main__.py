"""Runs each benchmark of this folder in a process of its own: ``python -m tests.bench [NAME...]``."""

from __future__ import annotations

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all. Return 1 when one failed or has an unknown name."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(known)}.\n")
        return 1
    codes = [
        subprocess.run([sys.executable, "-m", f"tests.bench.{known[name].stem}"], cwd=HERE.parents[1], check=False)
        for name in names or known
    ]
    return int(any(done.returncode for done in codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
