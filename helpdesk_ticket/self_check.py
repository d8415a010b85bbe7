"""The results of the self-check, as plain values (M04). No database."""

from dataclasses import dataclass

# The worst first, which is also the order of the list.
BROKEN, ATTENTION, UNSET, FINE = "broken", "attention", "unset", "fine"
ORDER = (BROKEN, ATTENTION, UNSET, FINE)
MANAGER = "helpdesk_contact.group_helpdesk_manager"
ADMINISTRATOR = "base.group_system"
SHOWN = 3


@dataclass(frozen=True)
class Screen:
    """Where something can be changed: an action, one of its records or its filters, and
    the groups one of which is needed."""

    action: str
    record_id: int = 0
    filters: tuple = ()
    groups: tuple = (ADMINISTRATOR,)


@dataclass(frozen=True)
class Check:
    """The state of one item: `text` says what was found, `step` what to do next."""

    key: str
    area: str
    name: str
    state: str
    text: str
    step: str = ""
    screen: Screen | None = None
    company_id: int = 0

    def as_json(self):
        """Return the result for monitoring programs.

        :rtype: dict
        """
        return {
            "key": self.key,
            "area": self.area,
            "name": self.name,
            "state": self.state,
            "text": self.text,
            "next": self.step,
        }


def worst(states):
    """Return the state of several items together; what is not set up is no fault.

    :param states: of checks
    :rtype: str
    """
    return next((state for state in (BROKEN, ATTENTION) if state in states), FINE)


def some(names):
    """Return the first of some names, and how many more there are.

    :param names: list of str
    :rtype: str
    """
    shown = ", ".join(names[:SHOWN])
    return f"{shown} (+{len(names) - SHOWN})" if len(names) > SHOWN else shown
