"""Nothing that was typed is lost, and nothing is sent twice."""

import dataclasses

import pytest

from helpdesk_workstation import config, enrolment, sender
from helpdesk_workstation.errors import Trouble
from helpdesk_workstation.queue import Unsent, compose, new_request_id

DEVICE = {"name": "PC-1", "customer": "Huber", "contact": ""}
OPENED = (201, {}, {"ticket": {"number": "TS1"}, "message": "It is TS1."})


def refusal(code, status=422, **headers):
    return status, headers, {"error": {"code": code, "message": f"Told: {code}"}}


@pytest.fixture
def unsent(tmp_path):
    return Unsent(tmp_path)


@pytest.fixture
def ticket(unsent, server):
    found = compose(new_request_id(), "Printer\n", " It burns. ", "cGlj", server.url)
    unsent.keep(found)
    return found


def send(tmp_path, settings):
    (outcome,) = sender.send_all(tmp_path, settings)
    return outcome


def test_sent(tmp_path, server, settings, unsent, ticket):
    server.answers = [OPENED]
    outcome = send(tmp_path, settings)
    assert (outcome.state, outcome.number) == ("sent", "TS1")
    assert outcome.message == "It is TS1."
    ((_path, _headers, members),) = server.asked
    assert members["request_id"] == ticket.request_id
    assert (members["subject"], members["text"]) == ("Printer", "It burns.")
    assert members["screenshot"] == {"content": "cGlj"}
    assert unsent.all() == []


def test_waits_for_the_primary_contact(tmp_path, server, settings, unsent, ticket):
    """C07: the request is the helpdesk's now, though it has no number yet."""
    server.answers = [(202, {}, {"ticket": None, "message": "It waits for Anna."})]
    outcome = send(tmp_path, settings)
    assert (outcome.state, outcome.number) == ("sent", "")
    assert outcome.message == "It waits for Anna."
    assert unsent.all() == []


@pytest.mark.parametrize(
    "answer", [(0, {}, None), (503, {}, b""), refusal("token_unknown", 401)]
)
def test_kept_and_sent_by_the_same_name(
    tmp_path, server, settings, unsent, ticket, answer
):
    server.answers = [answer, OPENED]
    assert send(tmp_path, settings).state == "kept"
    assert unsent.waiting() == [ticket]
    assert send(tmp_path, settings).state == "sent"
    assert [members["request_id"] for *_rest, members in server.asked] == [
        ticket.request_id,
        ticket.request_id,
    ]


def test_the_helpdesk_says_how_long_to_wait(tmp_path, server, settings, ticket):
    settings.save(tmp_path)
    server.answers = [refusal("too_many", 429, **{"Retry-After": "90"}), OPENED]
    told = []
    worker = sender.Sender(tmp_path, told.append)
    worker.next_beat = float("inf")
    assert worker.work() == 90
    assert [outcome.state for outcome in told] == ["kept"]


def test_first_trouble_ends_the_round(tmp_path, server, settings, unsent, ticket):
    """A server that is down is asked once, not once for each ticket."""
    unsent.keep(dataclasses.replace(ticket, request_id=new_request_id()))
    server.answers = [(503, {}, b"")]
    outcomes = sender.send_all(tmp_path, settings)
    assert [outcome.state for outcome in outcomes] == ["kept", "kept"]
    assert len(server.asked) == 1


def test_refused(tmp_path, server, settings, unsent, ticket):
    """It is not sent again by itself, and not lost: the user changes it."""
    server.answers = [refusal("refused")]
    outcome = send(tmp_path, settings)
    assert (outcome.state, outcome.message) == ("refused", "Told: refused")
    assert unsent.waiting() == []
    (refused,) = unsent.refused()
    assert refused.text == ticket.text
    assert sender.send_all(tmp_path, settings) == []
    unsent.forget(refused.request_id)
    assert unsent.all() == []


@pytest.mark.parametrize(
    "code", ["too_large", "screenshot_too_large", "screenshot_invalid"]
)
def test_screenshot_that_is_not_accepted(
    tmp_path, server, settings, unsent, ticket, code
):
    server.answers = [refusal(code, 413), OPENED]
    assert send(tmp_path, settings).state == "sent"
    *_rest, members = server.asked[1]
    assert "screenshot" not in members
    assert members["text"].startswith("It burns.\n\n(There was a screenshot")
    assert members["request_id"] == ticket.request_id


def test_goes_on_after_a_fault(tmp_path, monkeypatch):
    """Whatever happens in one round, the next one sends what waits."""
    worker = sender.Sender(tmp_path, print)
    rounds = []

    def work():
        rounds.append(len(rounds))
        if rounds == [0]:
            worker.wake()
            raise ValueError("A file holds nonsense")
        worker.stop()
        return 0

    monkeypatch.setattr(worker, "work", work)
    worker.start()
    worker._thread.join(30)
    assert rounds == [0, 1]


def test_not_connected(tmp_path, unsent, ticket):
    outcome = send(tmp_path, config.Settings())
    assert outcome.state == "kept"
    assert "not connected" in outcome.message


def test_broken_file(tmp_path, server, settings, unsent, ticket):
    """One that cannot be read holds up no other, and stays."""
    broken = unsent.folder / "broken.json"
    broken.write_text("{")
    server.answers = [OPENED]
    assert send(tmp_path, settings).state == "sent"
    assert broken.exists()


def test_rotation(tmp_path, server, settings):
    settings.save(tmp_path)
    life = {"device": DEVICE, "heartbeat_seconds": 60, "rotate": True}
    server.answers = [(200, {}, life), (200, {}, {"token": "hd_new"})]
    sender.beat(tmp_path, settings)
    after = config.load(tmp_path)
    assert (after.token, after.customer) == ("hd_new", "Huber")
    assert after.heartbeat_seconds == 60


def test_rotation_does_not_undo_a_new_connection(tmp_path, server, settings):
    dataclasses.replace(settings, token="hd_other").save(tmp_path)
    life = {"device": DEVICE, "rotate": True}
    server.answers = [(200, {}, life), (200, {}, {"token": "hd_new"})]
    sender.beat(tmp_path, settings)
    assert config.load(tmp_path).token == "hd_other"


def test_connect(tmp_path, server):
    answer = {"token": "hd_1", "device": DEVICE, "helpdesk": "Our Helpdesk"}
    server.answers = [(201, {}, answer)]
    settings = enrolment.connect(tmp_path, server.url, " ABCD-EFGH ", "")
    assert config.load(tmp_path) == settings
    assert (settings.token, settings.device) == ("hd_1", "PC-1")
    ((_path, headers, members),) = server.asked
    assert members["code"] == "ABCD-EFGH"
    assert members["name"]
    assert "Authorization" not in headers


def test_code_is_not_used_up_in_vain(tmp_path, server):
    """Where the token could not be kept, the helpdesk is not asked for one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble, match="cannot be written"):
        enrolment.connect(tmp_path / "file", server.url, "ABCD")
    assert server.asked == []


def test_wrong_code_keeps_the_old_connection(tmp_path, server, settings):
    settings.save(tmp_path)
    server.answers = [refusal("code_invalid", 403)]
    with pytest.raises(Trouble, match="Told: code_invalid"):
        enrolment.connect(tmp_path, server.url, "WRONG")
    assert config.load(tmp_path) == settings
