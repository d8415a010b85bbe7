"""What each test finds and leaves: an Odoo that runs, with everything switched on and nothing on its way."""

from dev import odoo_server, ports
from dev.waiting import PATIENCE

# By kind and name, so that two states can be compared entry by entry.
STATE = """SELECT json_build_object(
    'scheduled action', (SELECT json_object_agg(id || ' ' || cron_name, active) FROM ir_cron),
    'mailbox', (SELECT json_object_agg(id || ' ' || name, state) FROM fetchmail_server WHERE active),
    'parameter', (SELECT json_object_agg(key, value) FROM ir_config_parameter),
    'setting', (SELECT json_object_agg(id || ' ' || key, value)
        FROM res_company company, json_each(row_to_json(company)) WHERE key LIKE 'helpdesk%'),
    'number of', json_build_object(
        'mails to be processed', (SELECT count(*) FROM helpdesk_inbox_mail WHERE state = 'waiting'),
        'mails to be sent', (SELECT count(*) FROM mail_mail WHERE state = 'outgoing')
    )
)"""
WAITING = "number of"


class Guard:
    """Knows how the helpdesk was when it had just been started, and brings it back there.

    :param helpdesk: the `Helpdesk`
    """

    def __init__(self, helpdesk):
        self.helpdesk = helpdesk
        # What waits when it has just been started is on its way, too.
        self.right = {key: 0 if key[0] == WAITING else value for key, value in self._look().items()}

    def put_right(self):
        """Bring everything back to where it was.

        :return: a line for each thing that was wrong
        """
        wrong = self._revive()
        restore = {
            "scheduled action": self._restore_action,
            "mailbox": self._restore_mailbox,
            "parameter": self._restore_parameter,
            "setting": self._restore_setting,
        }
        for (kind, name), (before, after) in self._compare().items():
            # What is on its way arrives, once all is switched on.
            if kind != WAITING:
                restore[kind](name, before)
                wrong.append(f"{kind} {name}: {before} became {after}")
        return wrong + self._settle()

    def _look(self):
        """Return what can be switched and set, and what waits: values by kind and name."""
        ((found,),) = self.helpdesk.query(STATE)
        return {
            # A box that was never ticked is empty in the database, and one that was unticked is false.
            (kind, name): value or None if kind == "setting" else value
            for kind, values in found.items()
            for name, value in (values or {}).items()
        }

    def _compare(self):
        """Return what is not as it was: pairs (before, after) by kind and name, None for what is not there."""
        now, before = self._look(), self.right
        names = sorted(now.keys() | before.keys())
        return {name: (before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)}

    def _revive(self):
        """Start Odoo when it does not run, or runs without answering."""
        target = self.helpdesk.instance
        if odoo_server.process(target).pid() and ports.answers(target.ports["http"]):
            return []
        self.helpdesk.kill_odoo()
        self.helpdesk.start_odoo()
        return ["Odoo did not run"]

    def _restore_action(self, name, before):
        cron = int(name.split()[0])
        self.helpdesk.switch([cron], active=bool(before))
        if before is None:
            self.helpdesk.api.call("ir.cron", "unlink", [cron])

    def _restore_mailbox(self, name, before):
        values = {"active": True, "state": before} if before else {"active": False}
        self.helpdesk.api.write("fetchmail.server", [int(name.split()[0])], **values)

    def _restore_parameter(self, name, before):
        self.helpdesk.set_parameters({name: before or False})

    def _restore_setting(self, name, before):
        company, field = name.split()
        self.helpdesk.api.write("res.company", [int(company)], **{field: before or False})

    def _settle(self):
        """Wait for what is on its way; what does not arrive is thrown away."""

        def settled():
            return not any(kind == WAITING for kind, _name in self._compare())

        try:
            self.helpdesk.wait_for_work(settled, "the end of all work", PATIENCE)
        except TimeoutError:
            left = [f"{name}: {after}" for (_kind, name), (_before, after) in self._compare().items()]
            self.helpdesk.query(
                """UPDATE helpdesk_inbox_mail SET state = 'ignored' WHERE state = 'waiting';
                UPDATE mail_mail SET state = 'cancel' WHERE state = 'outgoing'"""
            )
            return left
        return []
