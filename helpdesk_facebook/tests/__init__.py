from . import (
    test_access_matrix,
    test_answer,
    test_download,
    test_secrets,
    test_self_check,
    test_webhook,
)
