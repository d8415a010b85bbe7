from . import test_access_matrix
from . import test_photos
from . import test_secrets
from . import test_self_check
from . import test_synchronization
