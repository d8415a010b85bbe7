from . import test_access
from . import test_deadline
from . import test_document
from . import test_migration
from . import test_timesheet
from . import test_tours
