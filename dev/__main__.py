"""Entry point of ``python3 -m dev``."""

import sys

from dev.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
