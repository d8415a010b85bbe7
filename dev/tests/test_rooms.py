"""What other apps have is named in one room of the ticket alone, and timesheets only in their own addon."""

import re

from dev import state

TICKET = state.REPO / "helpdesk_ticket"
ROOM = "models/work/"
# Views of their models, and rights on them; what the past was like; what is made to try it out.
ELSEWHERE = ("migrations/", "security/", "demo/", "tests/", "static/tests/")
VIEWS = re.compile(
    r"^(views|wizards)/(contract_contract|project_project|project_task|fsm_order|helpdesk_service_order)_views"
)
MODELS = re.compile(
    r"\b(?:contract\.contract|project\.(?:project|task)|fsm\.(?!_)\w+"
    r"|addons\.(?:contract|project|fieldservice|hr\w*)\b|helpdesk\.service\.order)"
)
TIME = re.compile(r"account\.analytic\.line|hr_timesheet|timesheet_|hours_spent|\bhr\.employee")


def files(*kinds):
    for path in sorted(TICKET.rglob("*")):
        name = path.relative_to(TICKET).as_posix()
        if path.suffix in kinds and not name.startswith(ELSEWHERE):
            yield name, path.read_text()


def named(pattern, found):
    return {name: sorted(set(words)) for name, text in found if (words := pattern.findall(text))}


def test_models_of_contracts_projects_and_field_service_are_named_in_one_room():
    others = [one for one in files(".py", ".xml", ".js") if not (one[0].startswith(ROOM) or VIEWS.match(one[0]))]
    assert len(others) > 100
    assert named(MODELS, others) == {}


def test_the_room_names_them():
    assert named(MODELS, [one for one in files(".py") if one[0].startswith(ROOM)])


def test_nothing_of_timesheets_is_named():
    assert named(TIME, files(".py", ".xml", ".js", ".csv")) == {}


def test_the_addon_of_timesheets_is_where_they_are_named():
    addon = state.REPO / "helpdesk_ticket_timesheet"
    assert TIME.search((addon / "models/helpdesk_ticket.py").read_text())
