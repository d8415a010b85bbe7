"""Many tickets at once, on four real connections: 200 distinct numbers (T20)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 4
TICKETS = 50


def test_many_tickets_at_once_get_distinct_numbers(api):
    """T20: nobody is refused for lack of a number, and no number comes twice."""
    word = uuid.uuid4().hex[:8]

    def create(connection):
        found = []
        for number in range(TICKETS):
            vals = [{"name": f"Ticket {word} {connection} {number}"}]
            found += api.call("helpdesk.ticket", "create", vals_list=vals)
        return found

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        created = [ticket for found in pool.map(create, range(CONNECTIONS)) for ticket in found]

    rows = api.search_read("helpdesk.ticket", [["id", "in", created]], ["number"])
    assert len({row["number"] for row in rows}) == CONNECTIONS * TICKETS
