def is_first_press(dialog):
    """Return whether a button of a dialog is pressed for the first time, and lock the
    dialog until the end of the transaction: of two simultaneous clicks only one is
    carried out.

    The caller deletes the dialog when it is done.

    :param dialog: a record of a transient model
    :rtype: bool
    """
    return bool(dialog.exists().try_lock_for_update())
