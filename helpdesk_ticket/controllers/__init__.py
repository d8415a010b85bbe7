from . import portal
from . import portal_action
from . import portal_request
from . import portal_thread
from . import public_page
from . import ticket_form
from . import ticket_link
from . import ticket_request
