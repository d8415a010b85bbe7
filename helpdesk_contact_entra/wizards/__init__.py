from . import helpdesk_check
