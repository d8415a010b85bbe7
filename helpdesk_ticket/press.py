def is_first_press(dialog):
    """Say whether a button of a dialog is pressed for the first time, and hold the
    dialog until the request ends: of two clicks at the same moment one does the work.
    Who has done it deletes the dialog.

    :param dialog: a record of a transient model
    :rtype: bool
    """
    return bool(dialog.exists().try_lock_for_update())
