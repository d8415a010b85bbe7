"""Processes that are asked to measure something: one line of JSON with a method and its arguments, one with the answer.

They answer while we wait, so that only those work that were asked.
"""

import json
import os
import subprocess
import sys

from dev import state
from dev.steps import Problem


class Asked:
    """A process that does what it is asked to: ``with Asked(…) as other: other.ask("load", 1000)``.

    :param str module: that serves what is asked (`serve`)
    :param words: what its program is given
    :param str name: how a problem calls it
    :param variables: of its environment, beside ours
    """

    def __init__(self, module, *words, name, variables=None):
        self.command = [sys.executable, "-m", module, *map(str, words)]
        self.name = name
        self.variables = variables or {}

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            cwd=state.REPO,
            env={**os.environ, **self.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_error):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, *order):
        """Have the method ``order[0]`` called with the rest there, and return what it returns.

        :raises Problem: the process ended
        """
        self.tell(*order)
        return self.hear()

    def tell(self, *order):
        """Ask for something whose answer `hear` returns.

        :raises Problem: the process ended
        """
        try:
            print(json.dumps(order), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise self._problem() from None

    def hear(self):
        """Return the answer to what it was told.

        :raises Problem: the process ended
        """
        answer = self.process.stdout.readline()
        if not answer:
            raise self._problem()
        return json.loads(answer)

    def _problem(self):
        return Problem(f"The measurement of {self.name} failed; what Odoo says is above.")


def serve(make, *words):
    """Answer with the methods of what ``make`` gives of ``words``, until nobody asks any more."""
    # Whatever prints something else prints it beside the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    served = make(*words)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(served, name)(*arguments)), file=answers, flush=True)
