"""What the local InfluxDB server does around queries and writes: HTTP, users, faults, ledger, folders."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import http.client
import json
import subprocess
import sys
from urllib.parse import urlencode, urlsplit

import pytest
from catchment.local import Fault, InfluxDBOptions, Stack

from tests.local.influxdb.conftest import NOW
from tests.local.influxdb.sides import FORM

ADMIN = {"auth": True, "username": "root", "password": "pass:word", "shared_secret": "secret"}


def basic(name, password):
    """Return the header of basic authentication."""
    return [("Authorization", "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode())]


def token(claims, secret="secret"):
    """Return the header with a signed token."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": "HS256"}, claims)]
    text = b".".join(parts)
    signature = base64.urlsafe_b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).rstrip(b"=")
    return [("Authorization", f"Bearer {(text + b'.' + signature).decode()}")]


def ask(side, query, headers=(), **params):
    """Send a query and return status and decoded body."""
    body = urlencode({"q": query, **params}).encode()
    answered = side.send("POST", "/query", [FORM, *headers], body)
    return answered.status, json.loads(answered.body)


def rows(side, query, db="d"):
    """Return the rows of the first series of an answer."""
    result = json.loads(side.query({"q": query, "db": db}).body)["results"][0]
    assert "error" not in result, result
    return result["series"][0].get("values", []) if "series" in result else []


@pytest.fixture
def db(side):
    """A server with the database `d`."""
    side.query("create database d")
    return side


# HTTP


def test_ping_tells_the_version(side):
    """204 without a body; a client's request id comes back."""
    answered = side.send("GET", "/ping", [("X-Request-Id", "mine")], b"")
    assert (answered.status, answered.body) == (204, b"")
    assert answered.headers["X-Influxdb-Version"] == "1.6.7~rc0"
    assert answered.headers["X-Request-Id"] == answered.headers["Request-Id"] == "mine"


def test_what_came_with_1_8(make_side):
    """Health, verbose ping, v2 writes and strict precisions exist from 1.8 on only."""
    old, new = make_side(), make_side(version="1.8.10", databases=("d",))
    assert old.send("GET", "/health", [], b"").status == 404
    assert json.loads(new.send("GET", "/health", [], b"").body)["status"] == "pass"
    assert json.loads(new.send("GET", "/ping?verbose=true", [], b"").body) == {"version": "1.8.10"}
    assert new.send("POST", "/api/v2/write?bucket=d/autogen&precision=us", [], b"m v=1 1").status == 204
    assert rows(new, "select v from m") == [[1000, 1]]
    assert new.send("POST", "/api/v2/write?bucket=d&precision=n", [], b"m v=1 1").status == 400
    assert new.write("m v=1 1", db="d", precision="us").status == 400
    assert new.send("POST", "/api/v2/query", [], b"{}").status == 403


def test_wrong_paths_and_methods(side):
    """Plain text, and the allowed methods by name."""
    assert side.send("GET", "/nope", [], b"").body == b"404 page not found\n"
    answered = side.send("GET", "/write", [], b"")
    assert (answered.status, answered.headers["Allow"]) == (405, "POST, OPTIONS")


def test_gzip_both_ways(db):
    """A compressed body is taken, also in several members, cut ones are refused; answers compress on request."""
    lines = gzip.compress(b"m v=1 1\n") + gzip.compress(b"m v=2 2\n")
    assert db.send("POST", "/write?db=d", [("Content-Encoding", "gzip")], lines).status == 204
    cut = db.send("POST", "/write?db=d", [("Content-Encoding", "gzip")], gzip.compress(b"m v=1 1\n" * 50)[:-12])
    assert (cut.status, json.loads(cut.body)["error"]) == (400, "unexpected EOF")
    path = "/query?" + urlencode({"q": "select v from m", "db": "d"})
    answered = db.send("GET", path, [("Accept-Encoding", "gzip")], b"")
    assert answered.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answered.body))["results"][0]["series"][0]["values"]) == 2


def test_large_bodies_are_refused_but_compressed_ones_slip_through(make_side):
    """Only the size as sent counts."""
    side = make_side(databases=("d",), max_body_size=100)
    lines = b"m v=1 1\n" * 50
    refused = side.send("POST", "/write?db=d", [], lines)
    assert (refused.status, json.loads(refused.body)["error"]) == (413, "Request Entity Too Large")
    assert side.send("POST", "/write?db=d", [("Content-Encoding", "gzip")], gzip.compress(lines)).status == 204


def test_error_header_is_cut_and_on_one_line(db):
    """It holds the first 1024 bytes of the message, line feeds as blanks, control characters as they are."""
    answered = db.write("bad\n" * 200 + "worse\x01", db="d")
    header = answered.headers["X-Influxdb-Error"]
    assert len(header) == 1024
    assert "\n" not in header
    assert "\x01" in db.write("worse\x01", db="d").headers["X-Influxdb-Error"]


def test_a_hundred_tags_break_the_old_server(make_side):
    """The whole request is lost, in plain text; newer servers take it."""
    line = "m," + ",".join(f"t{number:03}=x" for number in range(100)) + " v=1 1"
    old, new = make_side(databases=("d",)), make_side(version="1.8.10", databases=("d",))
    answered = old.write("ok v=1 1\n" + line, db="d")
    assert (answered.status, answered.headers["Content-Type"].split(";")[0]) == (500, "text/plain")
    assert rows(old, "show measurements") == []
    assert new.write(line, db="d").status == 204


def test_row_limit_marks_the_series_only(make_side):
    """The series is marked, the result is not, and what follows is gone; chunked answers are whole."""
    side = make_side(databases=("d",), max_row_limit=3)
    side.write("\n".join(f"m v={number} {number}\nn v=1 {number}" for number in range(1, 6)), db="d")
    result = json.loads(side.query({"q": "select v from m, n", "db": "d"}).body)["results"][0]
    assert "partial" not in result
    assert [(each["name"], len(each["values"]), each.get("partial")) for each in result["series"]] == [("m", 3, True)]
    chunked = side.query({"q": "select v from m, n", "db": "d", "chunked": "true"}).body
    assert sum(len(json.loads(each)["results"][0]["series"][0]["values"]) for each in chunked.splitlines()) == 10


def test_parameters_may_be_mixed_and_scripts_uploaded(db):
    """URL and form go together; a multipart part named q is a script; a JSON body is nothing."""
    assert db.send("POST", "/query?db=d", [FORM], b"q=show+measurements").status == 200
    body = b'--x\r\nContent-Disposition: form-data; name="q"; filename="a"\r\n\r\ncreate database e\r\n--x--\r\n'
    assert db.send("POST", "/query", [("Content-Type", "multipart/form-data; boundary=x")], body).status == 200
    assert rows(db, "show databases") == [["d"], ["e"]]
    refused = db.send("POST", "/query?db=d", [("Content-Type", "application/json")], b'{"q":"show databases"}')
    assert json.loads(refused.body)["error"] == 'missing required parameter "q"'


def test_points_without_a_time_share_one(db):
    """They get the server's time, cut to the precision, and equal series overwrite each other."""
    db.write("m,h=a v=1\nm,h=b v=2\nm,h=a v=3", db="d", precision="h")
    hour = int(NOW) // 3600 * 3600 * 1_000_000_000
    assert rows(db, "select v from m where h = 'a'") == [[hour, 3]]


def test_variables_and_requests(db):
    """The counters are JSON, one key for each."""
    db.write("m v=1 1", db="d")
    shown = json.loads(db.send("GET", "/debug/vars", [], b"").body)
    assert shown["database:d"]["values"] == {"numMeasurements": 1, "numSeries": 1}
    assert json.loads(db.send("GET", "/debug/requests", [], b"").body) == {}
    assert db.send("HEAD", "/status", [], b"").status == 204


def test_what_is_missing_is_named(db):
    """A function that only the real server has is refused by name."""
    db.write("m v=1 1", db="d")
    error = json.loads(db.query({"q": "select holt_winters(mean(v), 1, 0) from m group by time(1s)", "db": "d"}).body)
    assert "holt_winters() is not implemented by the local InfluxDB" in error["results"][0]["error"]


# Users


def test_first_an_administrator(make_side):
    """Without one, only the statement that creates one is let through."""
    side = make_side(auth=True)
    assert ask(side, "show databases") == (
        403,
        {"error": "error authorizing query: create admin user first or disable authentication"},
    )
    assert ask(side, "create user a with password 'b' with all privileges")[0] == 200
    assert ask(side, "show databases") == (401, {"error": "unable to parse authentication credentials"})
    assert ask(side, "show databases", basic("a", "b"))[0] == 200
    assert side.send("GET", "/ping", [], b"").status == 204


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        (basic("root", "wrong"), "authorization failed"),
        (basic("", "x"), "username required"),
        ([("Authorization", "Token root:pass:word")], "unable to parse authentication credentials"),
        (token({"username": "root", "exp": NOW - 5}), "Token is expired"),
        (token({"username": "root"}), "token expiration required"),
        (token({"username": 5, "exp": NOW + 5}), "username in token must be a string"),
        (token({"username": "nobody", "exp": NOW + 5}), "user not found"),
        (token({"username": "root", "exp": NOW + 5}, "other"), "signature is invalid"),
    ],
)
def test_bad_credentials(make_side, headers, error):
    """401, the reason, and how to do better."""
    side = make_side(**ADMIN)
    answered = side.send("POST", "/query", [FORM, *headers], b"q=show+databases")
    assert (answered.status, json.loads(answered.body)) == (401, {"error": error})
    assert answered.headers["WWW-Authenticate"] == 'Basic realm="InfluxDB"'


def test_good_credentials(make_side):
    """Basic, URL (which wins) and token; a form's `u` and `p` are not looked at."""
    side = make_side(**ADMIN)
    assert ask(side, "show databases", basic("root", "pass:word"))[0] == 200
    assert ask(side, "show databases", token({"username": "root", "exp": NOW + 5}))[0] == 200
    path = "/query?" + urlencode({"u": "root", "p": "pass:word", "q": "show databases"})
    assert side.send("POST", path, basic("root", "wrong"), b"").status == 200
    assert ask(side, "show databases", u="root", p="pass:word")[0] == 401
    modern = make_side(version="1.8.10", **ADMIN)
    assert ask(modern, "show databases", [("Authorization", "Token root:pass:word")])[0] == 200


def test_bearer_without_a_secret(make_side):
    """Refused, with the old server's misspelling."""
    side = make_side(auth=True, username="root", password="x")
    assert ask(side, "show databases", token({"username": "root", "exp": NOW + 5})) == (
        401,
        {"error": "bearer auth disabed"},
    )


def test_privileges(make_side):
    """Reading and writing are granted by database; other databases are not even listed."""
    side = make_side(**ADMIN, databases=("d", "e"))
    root, bob = basic("root", "pass:word"), basic("bob", "b")
    ask(side, "create user bob with password 'b'; grant read on d to bob", root)
    assert ask(side, "select * from m", bob, db="d")[0] == 200
    assert ask(side, "select * from m", bob, db="e") == (
        403,
        {
            "error": "error authorizing query: bob not authorized to execute statement "
            "'SELECT * FROM m', requires READ on e"
        },
    )
    assert ask(side, "create database x", bob)[1]["error"].endswith("'CREATE DATABASE x', requires admin privilege")
    assert ask(side, "show databases", bob)[1]["results"][0]["series"][0]["values"] == [["d"]]
    refused = side.send("POST", "/write?db=d", bob, b"m v=1 1")
    assert json.loads(refused.body)["error"] == '"bob" user is not authorized to write to database "d"'
    ask(side, "grant all on d to bob", root)
    assert side.send("POST", "/write?db=d", bob, b"m v=1 1").status == 204


def test_passwords_show_nowhere(make_side):
    """Not in representations, not in warnings, not in what is kept."""
    side = make_side(**ADMIN)
    path = "/query?" + urlencode({"q": "create user eve with password 'hush'"})
    answered = side.send("GET", path, basic("root", "pass:word"), b"")
    assert b"[REDACTED]" in answered.body
    kept = json.dumps(side.stack._dump()) + repr(side.stack.influxdb.options) + repr(list(side.stack.ledger))
    assert "hush" not in kept
    assert "pass:word" not in kept


def test_half_of_the_options_is_refused():
    """A name needs a password, and the version must be one that is played."""
    with pytest.raises(ValueError, match="together"):
        InfluxDBOptions(username="root")
    with pytest.raises(ValueError, match=r"1\.6, 1\.7 or 1\.8"):
        InfluxDBOptions(version="2.0")


# Faults and ledger


def test_faults_strike_writes(db):
    """A ghost success is applied and not answered; an honest failure is not applied."""
    db.stack.faults.add(
        Fault("reset", service="influxdb", operation="write", applied=True),
        Fault("status", service="influxdb", operation="POST /write", status=503, body=b"timeout"),
    )
    with pytest.raises(ConnectionResetError):
        db.write("m v=1 1", db="d")
    assert db.write("m v=2 2", db="d").status == 503
    assert rows(db, "select v from m") == [[1, 1]]


def test_ledger_counts_points(db):
    """One entry for each write, with how many points went to each series and time."""
    db.write("m,h=a v=1 1\nm,h=a v=2 1\nm,h=b v=3 2\nbad", db="d")
    db.query({"q": "drop series from m where h = 'b'", "db": "d"})
    entries = db.stack.ledger.of("write", "influxdb")
    assert [entry.subject for entry in entries] == [
        {"db": "d", "rp": "autogen", "points": 3, "series": {"m,h=a": {1: 2}, "m,h=b": {2: 1}}}
    ]
    assert [entry.operation for entry in db.stack.ledger] == ["create_database", "write", "drop_series"]


def test_reading_leaves_no_trace(db):
    """Queries that change nothing, and refused writes, are not in the ledger."""
    before = len(db.stack.ledger)
    db.write("bad", db="d")
    db.write("m v=1 1", db="nope")
    db.query({"q": "select * from m; show measurements; drop measurement nope", "db": "d"})
    assert len(db.stack.ledger) == before


# Stack


def test_a_folder_keeps_everything(tmp_path, make_side):
    """Points of all types, schema, users, policies and standing queries survive, to the last digit."""
    side = make_side(tmp_path, username="root", password="x")
    side.query("create database d with duration 30d name p")
    now = int(NOW) * 1_000_000_000
    side.write(f'm,h=a f=0.1,i=9007199254740993i,s="ä\\"",b=true {now}\nm f=1e-300 {now + 1}', db="d")
    side.query(
        {"q": "create continuous query q on d begin select mean(f) into x from m group by time(1h) end", "db": "d"}
    )
    queries = ["select * from m", "show series", "show retention policies", "show continuous queries", "show users"]
    before = [rows(side, query) for query in queries]
    side.stack.close()
    again = make_side(tmp_path)
    assert [rows(again, query) for query in queries] == before
    assert again.write("m f=1i", db="d").status == 400


def test_continuous_queries_run_when_asked(db):
    """Over the last whole window, into their target; what goes wrong is told by name."""
    hour = int(NOW) // 3600 * 3600
    db.write(f"m v=1 {hour - 1800}\nm v=3 {hour - 1700}\nm v=9 {hour + 1}\nm v=9 {hour - 3601}", db="d", precision="s")
    db.query(
        {"q": "create continuous query a on d begin select mean(v) into x from m group by time(1h) end", "db": "d"}
    )
    db.query({"q": "create continuous query b on d begin select bad(v) into x from m group by time(1h) end", "db": "d"})
    assert db.stack.influxdb.run_continuous_queries() == {"d.a": "", "d.b": "undefined function bad()"}
    assert rows(db, "select mean from x") == [[(hour - 3600) * 1_000_000_000, 2]]


def test_reset_forgets_points(db):
    """Options hold, data does not."""
    db.stack.reset()
    assert rows(db, "show databases") == []


def test_socket_serves_each_platform():
    """Each on a port of its own, with its clients' environment variables; one may be left out."""
    with Stack(influxdb=InfluxDBOptions(databases=("d",), username="u", password="p")) as stack:
        with stack.serve() as running:
            assert {"lakefs", "influxdb"} <= set(running.endpoints)
            assert running.environment["INFLUX_URL"] == running.endpoints["influxdb"]
            assert running.environment["INFLUX_USERNAME"] == "u"
            assert running.environment["LAKECTL_SERVER_ENDPOINT_URL"] == running.endpoints["lakefs"]
            place = urlsplit(running.endpoints["influxdb"])
            connection = http.client.HTTPConnection(place.hostname, place.port)
            connection.request("POST", "/write?db=d", "m v=1 1")
            assert connection.getresponse().read() == b""
            connection.request("GET", "/query?" + urlencode({"db": "d", "q": "select v from m", "epoch": "ns"}))
            assert json.loads(connection.getresponse().read())["results"][0]["series"][0]["values"] == [[1, 1]]
            connection.close()
        with stack.serve(only=["influxdb"]) as running:
            assert list(running.endpoints) == ["influxdb"]


def test_numpy_waits_for_the_first_request():
    """A stack that nobody asks about InfluxDB loads neither numpy nor the server."""
    code = "import sys; from catchment.local import Stack; Stack().lakefs.environment; print('numpy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_large_scans_are_quick_enough_to_be_exact(side):
    """Sums of integers are exact, and floats are added in the order of time."""
    side.query("create database d")
    lines = [f"m i={2**50 + number}i,f={0.1} {number}" for number in range(2000)]
    side.write("\n".join(lines), db="d")
    total = sum(2**50 + number for number in range(2000))
    expected = 0.0
    for _ in range(2000):
        expected += 0.1
    assert rows(side, "select sum(i), sum(f) from m") == [[0, total, expected]]
