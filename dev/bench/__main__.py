"""Entry point of ``python3 -m dev.bench``."""

import sys

from dev.bench import main
from dev.steps import Problem

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(str(problem))
