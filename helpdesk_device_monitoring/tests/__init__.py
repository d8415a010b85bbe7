from . import test_access_matrix, test_monitoring, test_reading, test_self_check
