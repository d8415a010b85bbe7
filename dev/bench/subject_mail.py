"""Mail becomes a ticket: our store and process, beside Odoo's own gateway making tasks, and tickets of OCA's."""

import contextlib
from pathlib import Path
from unittest.mock import patch

from odoo.addons.mail.models.mail_thread import MailThread

from dev.bench import report, workers
from dev.bench.mails import Writer
from dev.bench.session import DOMAIN, Cost, cost_of, median, total, without_smtp
from dev.steps import Problem, say

TITLE = "Mail becomes a ticket"
STORE, SENT, STOCK, PEER = "stored", "sent", "project.task", "OCA"
# Rules that are looked at before the one that fits; people have some dozens.
RULES = (0, 50, 1_000)
USUAL = 50
# Mails of every form and a reply, before those that are measured.
FIRST = 5
# The steps of the conductor (`_process`), each a method of the inbox or of the rules, in their order.
STEPS = {
    "read": ("helpdesk.inbox.mail", "_read_all"),
    "look it up": ("helpdesk.inbox.mail", "_look_up"),
    "find its place": ("helpdesk.inbox.mail", "_find_place"),
    "decide by the rules": ("helpdesk.email.collector", "_decide"),
    "limit senders": ("helpdesk.inbox.mail", "_limit"),
    "open tickets, or join them": ("helpdesk.inbox.mail", "_carry_out"),
    "write down the outcome": ("helpdesk.inbox.mail", "_record"),
}
# So many times the mails of a round are worked on by several workers: when the last batch begins, others have no work.
WORKED = 20
# More mails than any round sends: from here on the numbers of theirs begin.
FAR = 10_000_000
# The peer acknowledges nothing; so this too is measured, with the usual number of rules.
SILENT = "silent"
PEER_ADDRESS = "tickets"


def measure(session, sizes):
    """Return the median Cost of a mail by step (for processing: by number of rules), the memory by step in MiB, and the
    seconds of a mail by workers.

    The steps of the conductor are among the costs by their names.

    A round does all of it in turn, so that whatever else the machine does meanwhile slows all of them down alike.
    """
    count = sizes["rows"][sizes["state"]]
    ours, theirs = (Writer(f"{name}@{DOMAIN}", _customers(session), count) for name in ("support", "tasks"))
    costs, memory = {}, {}
    with session.environment() as env:
        env.company.helpdesk_sender_address = f"support@{DOMAIN}"
    with without_smtp():
        for number in range(sizes["rounds"] + 1):
            found = _round(session, ours, theirs, sizes["mails"], memory)
            found += _steps(session, ours, sizes["mails"]).items()
            # The first round fills caches that a running server has filled, and gives replies something to answer.
            if number:
                for step, cost in found:
                    costs.setdefault(step, []).append(cost.per(sizes["mails"]))
    _use_rules(session, USUAL)
    _acknowledge(session, True)
    shared = workers.measure(session, ours.receiver, ours.customers, FAR + count, WORKED * sizes["mails"])
    _use_rules(session, 0)
    return {step: median(values) for step, values in costs.items()}, memory, shared


def _round(session, ours, theirs, number, memory):
    """Have ``number`` mails worked on in each of the ways, and return pairs of a step and its Cost."""
    found = []
    for rules in (*RULES, SILENT):
        _use_rules(session, USUAL if rules == SILENT else rules)
        _acknowledge(session, rules != SILENT)
        # Another choice of rules empties Odoo's caches; people seldom change them.
        _helpdesk(session, ours.write(FIRST), rules, memory)
        found += _helpdesk(session, ours.write(number), rules, memory).items()
    found += zip((STOCK, (STOCK, SENT)), gateway(session, theirs.write(number)), strict=True)
    of_peer = (Cost(*cost) for cost in session.peer.ask("mail", number))
    found += zip((PEER, (PEER, SENT)), of_peer, strict=True)
    return found


def _steps(session, ours, number):
    """Process ``number`` mails once more with the usual rules, and return the Cost of each step of the conductor."""
    _use_rules(session, USUAL)
    _acknowledge(session, True)
    _helpdesk(session, ours.write(FIRST), USUAL, {})
    costs = dict.fromkeys(STEPS, Cost(0.0, 0.0, 0.0))
    with contextlib.ExitStack() as stack:
        for name, (model, method) in STEPS.items():
            stack.enter_context(patch.object(*_measured(session.registry[model], method, costs, name)))
        _helpdesk(session, ours.write(number), USUAL, {})
    return costs


def _measured(model, method, costs, name):
    """Return what `patch.object` takes so that each call of a method adds its Cost to ``costs``."""
    original = getattr(model, method)

    def measured(*args, **kwargs):
        results = []
        cost = cost_of(lambda: results.append(original(*args, **kwargs)))
        costs[name] = total([costs[name], cost])
        return results[0]

    return model, method, measured


def peer_writer(session):
    """Return the Writer of mails to the peer, which has got a team with an address for them."""
    _open_peer(session)
    customers = _customers(session)
    return Writer(f"{PEER_ADDRESS}@{DOMAIN}", customers, customers)


def measure_peer(session, mails):
    """Return the Costs of ``mails`` that Odoo's gateway makes tickets of the peer: to do so, and to send it on."""
    with without_smtp():
        return gateway(session, mails)


def _customers(session):
    with session.environment() as env:
        return env["res.partner"].search_count([("ref", "=", "bench")])


def _open_peer(session):
    """Give the peer a team with an address, and the agent as its follower; once."""
    with session.environment() as env:
        if env["helpdesk.ticket.team"].search([("alias_name", "=", PEER_ADDRESS)]):
            return
        env.company.alias_domain_id = env["mail.alias.domain"].create({"name": DOMAIN})
        team = env["helpdesk.ticket.team"].create({"name": "Bench", "alias_name": PEER_ADDRESS})
        team.message_subscribe(env["res.users"].browse(session.agent_id).partner_id.ids)


def _use_rules(session, number):
    """Have ``number`` rules that fit no mail before the one that makes tickets: words, senders, patterns."""
    with session.environment() as env:
        rules = env["helpdesk.email.collector"].with_context(active_test=False, tracking_disable=True)
        found = rules.search([("name", "like", "Bench %")], order="id")
        missing = range(len(found), max(RULES))
        found += rules.create([_rule(env, position) for position in missing])
        found[:number].filtered(lambda rule: not rule.active).active = True
        found[number:].filtered("active").active = False


def _acknowledge(session, active):
    """Have customers told that their mail arrived, or not."""
    with session.environment() as env:
        env.company.helpdesk_notify_partner = active


def _rule(env, position):
    kinds = (
        ("subject", "contains", f"word{position}"),
        ("from", "ends", f"@company{position}.example"),
        ("subject", "matches", rf"\bcase-{position}-[0-9]+"),
        ("body", "contains", f"monitor {position}"),
    )
    source, operator, value = kinds[position % len(kinds)]
    severity = env["helpdesk.ticket.severity"].search([], limit=1)
    field = env["ir.model.fields"]._get("helpdesk.ticket", "severity_id")
    return {
        "name": f"Bench {position}",
        "sequence": 0,
        "active": True,
        "filter_ids": [(0, 0, {"source": source, "operator": operator, "value": value})],
        "operation_ids": [(0, 0, {"code": "set_field", "field_id": field.id, "value": str(severity.id)})],
    }


def _helpdesk(session, mails, rules, memory):
    """Store ``mails`` in the durable inbox, process them and send what that brings, as three crons do."""

    def store():
        with session.environment() as env:
            inbox = env["helpdesk.inbox.mail"]
            inbox._store(inbox._prepare_values([(mail, False) for mail in mails], company=env.company))

    def process():
        with _scheduled(session) as env:
            env["helpdesk.inbox.mail"]._cron_process()

    costs = {}
    for step, action in ((STORE, store), (rules, process), ((rules, SENT), lambda: _send(session))):
        _forget_peak()
        costs[step] = cost_of(action)
        memory[step] = max(memory.get(step, 0), _peak())
    with session.environment() as env:
        rows = env["helpdesk.inbox.mail"].search([], limit=len(mails))
        failed = rows.filtered(lambda row: row.state != "done" or not row.ticket_id)
        if failed or len(rows) != len(mails):
            raise Problem(f"A mail became no ticket: {failed[:1].error or failed[:1].reason or 'it was not stored'}")
    return costs


def gateway(session, mails):
    """Let Odoo's gateway take ``mails``, with a transaction for each as its fetching has, and send what that brings.

    :return: the Costs of the one and of the other
    """

    def process():
        with _scheduled(session) as env:
            for mail in mails:
                # Core's own method: the collector's keeps what arrives, which would slow the baseline down.
                if not MailThread.message_process(env["mail.thread"], None, mail):
                    raise Problem("A mail was not taken by Odoo's gateway.")
                env.cr.commit()

    return cost_of(process), cost_of(lambda: _send(session))


def _send(session):
    """Send what waits to be sent, as the scheduled action of Odoo does."""
    with _scheduled(session) as env:
        env["mail.mail"].process_email_queue()


@contextlib.contextmanager
def _scheduled(session):
    """Give an environment like that of a scheduled action, where what is to be sent is queued for another one."""
    with session.environment() as env:
        yield env(context={**env.context, "mail_notify_force_send": False})


def _forget_peak():
    """Let Linux count the peak of this process's memory anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak():
    """Return the peak memory of this process in MiB."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def show(results, sizes):
    """Print time, queries and memory per mail, and the ratios that the targets are about."""
    report.heading(f"{TITLE}: medians of {sizes['rounds']} rounds of {sizes['mails']} mails each")
    for size, (costs, memory, _shared) in results.items():
        _show_state(size, costs, memory)
    ratios = {
        "mails/s with 50 rules, of project.task's": lambda costs: _peers(costs, STOCK) / _whole(costs),
        "mails/s with 50 rules, of OCA's": lambda costs: _peers(costs, PEER) / _whole(costs),
        "the same without acknowledgements": lambda costs: _peers(costs, PEER) / _whole(costs, SILENT),
        "the same until the ticket is there": lambda costs: costs[PEER].seconds / _ticket(costs).seconds,
        "cost with 1,000 rules, of that with 50": lambda costs: _whole(costs, 1_000) / _whole(costs),
        "mails/s, storing alone of processing": lambda costs: costs[USUAL].seconds / costs[STORE].seconds,
    }
    lines = [
        (name, *(report.times(ratio(costs)) for costs, _memory, _shared in results.values()))
        for name, ratio in ratios.items()
    ]
    report.table(("ratio", *(f"{size:,} rows" for size in results)), lines)
    workers.show({size: shared for size, (_costs, _memory, shared) in results.items()})
    first, last = (results[size][0] for size in (min(results), max(results)))
    growths = {
        "helpdesk, 50 rules": _whole(last) / _whole(first),
        **{name: _peers(last, name) / _peers(first, name) for name in (STOCK, PEER)},
    }
    for name, growth in growths.items():
        say(
            f"cost of a mail, {name}: at {max(results):,} rows {report.times(growth)} of what it is at {min(results):,}"
        )


def _whole(costs, rules=USUAL):
    return total([costs[STORE], costs[rules], costs[rules, SENT]]).seconds


def _ticket(costs):
    """Return what it costs to store a mail and to make a ticket of it, with what that queues."""
    return total([costs[STORE], costs[USUAL]])


def _peers(costs, name):
    return total([costs[name], costs[name, SENT]]).seconds


def _show_state(size, costs, memory):
    named = {
        "helpdesk, stored": STORE,
        **{f"helpdesk, processed with {rules:,} rules": rules for rules in RULES},
        "helpdesk, what that sends": (USUAL, SENT),
        "helpdesk, 50 rules, no acknowledgement": SILENT,
        "helpdesk, what that sends then": (SILENT, SENT),
        "Odoo's gateway into project.task": STOCK,
        "what project.task sends": (STOCK, SENT),
        "Odoo's gateway into OCA's helpdesk": PEER,
        "what OCA's helpdesk sends": (PEER, SENT),
    }
    lines = []
    for name, step in named.items():
        cost = costs[step]
        peak = f"{memory[step]:,.0f} MiB" if step in memory else ""
        lines.append(
            (name, report.ms(cost.seconds), f"{1 / cost.seconds:.1f}", f"{cost.queries:.1f}", f"{cost.sent:.1f}", peak)
        )
    report.table((f"per mail, at {size:,} rows", "ms", "mails/s", "SQL queries", "mails out", "peak memory"), lines)
    steps = [(name, report.ms(costs[name].seconds), f"{costs[name].queries:.1f}") for name in STEPS]
    report.table(("of processing with 50 rules, each step per mail", "ms", "SQL queries"), steps)
