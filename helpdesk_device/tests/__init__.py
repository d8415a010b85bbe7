from . import test_access_matrix, test_device, test_device_api, test_self_check
