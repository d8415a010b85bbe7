from odoo.tests import HttpCase

# Seconds that an answer and a whole tour may take. They cost nothing where the machine
# is quick: a step of a tour has its own limit (static/tests/tours/patience.js).
REQUEST = 60
TOUR = 900


class PatientHttpCase(HttpCase):
    """Requests and tours on a machine that is busy with something else."""

    test_cursor_lock_timeout = REQUEST

    def url_open(self, url, data=None, files=None, timeout=REQUEST, **options):
        """Ask for a page, as Odoo's own does; wait longer for it."""
        return super().url_open(url, data, files, timeout=timeout, **options)

    def start_tour(self, url_path, tour_name, **options):
        """Play a tour, as Odoo's own does; wait longer for its end."""
        return super().start_tour(url_path, tour_name, **{"timeout": TOUR, **options})

    def _wait_remaining_requests(self, timeout=REQUEST):
        return super()._wait_remaining_requests(timeout)
