"""What the program asks, and what it makes of each answer."""

import pytest

from helpdesk_workstation import api, texts
from helpdesk_workstation.errors import ApiError, Trouble


def refuse(status, code, **headers):
    return status, headers, {"error": {"code": code, "message": f"Told: {code}"}}


@pytest.fixture
def client(server):
    texts.use("fr")
    yield api.Client(server.url, "main", "hd_1")
    texts.use("en")


def test_request(server, client):
    server.answers = [(201, {}, {"ticket": {"number": "TS1"}})]
    assert client.open_ticket({"text": "é"}) == {"ticket": {"number": "TS1"}}
    ((path, headers, body),) = server.asked
    assert path == "/helpdesk/device/v1/tickets"
    assert body == {"text": "é"}
    assert headers["Authorization"] == "Bearer hd_1"
    assert headers["Accept-Language"] == "fr"
    assert headers["X-Odoo-Database"] == "main"


@pytest.mark.parametrize(
    ("answer", "code", "is_final", "retry_after"),
    [
        (refuse(422, "refused"), "refused", True, 0),
        (refuse(413, "too_large"), "too_large", True, 0),
        (refuse(429, "too_many", **{"Retry-After": "60"}), "too_many", False, 60),
        (refuse(409, "in_progress", **{"Retry-After": "x"}), "in_progress", False, 0),
        (refuse(401, "token_unknown"), "token_unknown", False, 0),
        ((502, {}, b"<html>"), "", False, 0),
        ((200, {}, b"<html>Hotel"), "", False, 0),
        ((200, {}, []), "", False, 0),
        ((200, {"Content-Length": 50}, b"{"), "", False, 0),
        ((0, {}, None), "", False, 0),
    ],
)
def test_trouble(server, client, answer, code, is_final, retry_after):
    server.answers = [answer]
    with pytest.raises(ApiError) as found:
        client.open_ticket({"text": "x"})
    error = found.value
    assert (error.code, error.is_final) == (code, is_final)
    assert error.retry_after == retry_after
    assert str(error)


def test_token_follows_no_redirect(server, client):
    """Another server must not get the token, wherever the first one points."""
    server.answers = [(307, {"Location": f"{server.url}/elsewhere"}, {})]
    with pytest.raises(ApiError):
        client.heartbeat({})
    assert len(server.asked) == 1


def test_nobody_there(server, client):
    server.server_close()
    with pytest.raises(ApiError, match="injoignable") as found:
        client.heartbeat({})
    assert not found.value.is_final


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("helpdesk.example", "https://helpdesk.example"),
        (" https://helpdesk.example:8443/odoo/ ", "https://helpdesk.example:8443/odoo"),
        ("http://localhost:8069", "http://localhost:8069"),
    ],
)
def test_address(typed, address):
    assert api.clean_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "http://helpdesk.example", "ftp://x", "https://", "https://x:port"]
)
def test_wrong_address(typed):
    """The token is a password: it goes over no line that others read."""
    with pytest.raises(Trouble):
        api.clean_address(typed)
