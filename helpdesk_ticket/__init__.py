from . import controllers, models, report, wizards
from .link_log import hide_secrets

# what other apps bring to tickets, reports and dialogs
from .models import work

hide_secrets()
