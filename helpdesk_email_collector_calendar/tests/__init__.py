from . import test_access
from . import test_create_event
from . import test_invitation
