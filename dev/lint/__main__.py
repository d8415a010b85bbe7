"""Entry point of ``python3 -m dev.lint``."""

import sys

from dev.lint import main
from dev.steps import Problem

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(str(problem))
