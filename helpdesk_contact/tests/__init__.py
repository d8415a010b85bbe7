from . import test_access
from . import test_mail_domain
from . import test_primary_contact
from . import test_sender
