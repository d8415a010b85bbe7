from . import helpdesk_entra_connection
from . import helpdesk_entra_group
from . import helpdesk_entra_mapping
from . import helpdesk_entra_user
from . import helpdesk_entra_run
from . import helpdesk_entra_run_line
from . import plan
from . import apply
