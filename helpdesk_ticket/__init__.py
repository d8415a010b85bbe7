from . import controllers, models, report, wizards
from .link_log import hide_secrets

hide_secrets()
