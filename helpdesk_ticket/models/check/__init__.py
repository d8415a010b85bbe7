from . import helpdesk_check
from . import mail
from . import work
from . import system
from . import helpdesk_check_token
