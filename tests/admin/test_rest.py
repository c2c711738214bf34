"""The admin page's REST on a real server: reviewing, governing, promoting, and who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.registry.versions import Registry, Version
from cellwright.session.service import Capacity
from tests.feedback.books import suggestions
from tests.server.conftest import Running, start, stop


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    parts = start(tmp_path_factory.mktemp("home"), Capacity(calculators=1))
    yield parts[0]
    stop(*parts)


def call(
    server: Running, method: str, path: str, body: object = None, *, token: str | None = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token or server.tokens.admin}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    status, answer = server.call(method, f"api/admin/{path}", data, **headers)
    return status, json.loads(answer) if answer else None


def logged(server: Running, workspace: str = "team", formula: str = '=IF(B2>5,"Ann",0)') -> str:
    made = suggestions(formula)
    server.service.store.record(made, workspace=workspace, user="bob")
    return made.candidates[0].id


def test_every_route_is_for_administrators_alone(server: Running) -> None:
    paths = server.call("GET", "openapi.json")[1]
    routes = [
        (method, path)
        for path, methods in json.loads(paths)["paths"].items()
        for method in methods
        if path.startswith("/api/admin")
    ]
    assert len(routes) > 20
    for method, path in routes:
        address = path.removeprefix("/").replace("{", "").replace("}", "")
        for token, status in (("wrong", 401), (server.tokens.user, 403)):
            headers = {"Authorization": f"Bearer {token}"}
            assert server.call(method.upper(), address, b"{}", **headers)[0] == status, (method, path)


def test_an_outcome_is_found_traced_and_labelled(server: Running) -> None:
    shown = logged(server, formula='=SUMIF(A:A,"kiwi",B:B)')
    server.service.store.record_outcome(
        Outcome(shown, OutcomeKind.REJECTED, reject_reason="wrong_cells", user="bob")
    )
    status, page = call(server, "GET", "queue?text=kiwi&outcome=rejected&user=bob")
    assert status == 200
    assert [line["suggestion_id"] for line in page["lines"]] == [shown]
    assert page["next_before"] is None
    status, trace = call(server, "GET", f"suggestions/{shown}")
    assert trace["context"] == "<|context|>Ann"
    assert [c["rank"] for c in trace["candidates"]] == [1, 2, 3]
    change = trace["candidates"][0]["verdict"]["changes"][0]
    assert (change["cell"], change["before"], change["after"]) == ("Sales!D7", None, 12.0)
    assert trace["outcomes"][0]["reject_reason"] == "wrong_cells"
    status, trace = call(
        server, "POST", f"suggestions/{shown}/labels", {"label": "bad", "note": "off by one"}
    )
    assert status == 201
    assert trace["labels"][0]["user"] == "admin"
    assert call(server, "GET", "queue?label=bad&text=kiwi")[1]["lines"][0]["label"] == "bad"
    assert call(server, "GET", "audit")[1][0]["action"] == "label bad"
    assert "team" in call(server, "GET", "facets")[1]["workspace"]
    assert call(server, "GET", "plots?by=workspace")[1][0]["shown"] >= 1


def test_bad_input_is_told_in_one_line(server: Running) -> None:
    status, told = call(server, "GET", "suggestions/nobody")
    assert (status, told["code"]) == (422, "usage")
    assert "expected the id of a logged suggestion" in told["message"]
    assert call(server, "GET", "queue?since=soon")[1]["message"].startswith("expected a day")
    assert call(server, "GET", "queue?limit=9999")[0] == 422
    assert call(server, "PUT", "views/mine", {"filters": {"colour": "red"}})[0] == 422
    assert call(server, "POST", "deletions", {"write": True})[1]["message"].endswith("got none")
    assert call(server, "PUT", "workspaces/team", {"consent": "perhaps"})[0] == 422
    assert call(server, "POST", "models/team/none/promote", {})[1]["message"].startswith("expected the name")


def test_people_have_tokens_views_and_labels_of_their_own(server: Running) -> None:
    shown = logged(server)
    tokens = {
        name: call(server, "PUT", f"people/{name}", {"role": "admin"})[1]["token"] for name in ("eva", "jan")
    }
    assert call(server, "GET", "me", token=tokens["eva"])[1] == {"name": "eva", "role": "admin"}
    for name, label in (("eva", "good"), ("jan", "bad")):
        call(server, "POST", f"suggestions/{shown}/labels", {"label": label}, token=tokens[name])
    (pair,) = [p for p in call(server, "GET", "agreement")[1] if p["first"] == "eva"]
    assert (pair["second"], pair["both"], pair["equal"], pair["disputed"]) == ("jan", 1, 0, [shown])
    assert call(server, "PUT", "views/mine", {"filters": {"label": "bad"}}, token=tokens["eva"])[0] == 204
    assert call(server, "GET", "views", token=tokens["eva"])[1] == [
        {"name": "mine", "filters": {"label": "bad"}}
    ]
    assert call(server, "GET", "views", token=tokens["jan"])[1] == []
    assert call(server, "DELETE", "views/mine", token=tokens["eva"])[0] == 204
    assert call(server, "DELETE", "people/jan")[0] == 204
    assert call(server, "GET", "me", token=tokens["jan"])[0] == 401


def test_a_users_own_token_opens_no_admin_route(server: Running) -> None:
    token = call(server, "PUT", "people/uma", {"role": "user"})[1]["token"]
    assert call(server, "GET", "queue", token=token)[0] == 403
    assert server.call("GET", "api/samples", Authorization=f"Bearer {token}")[0] == 200


def test_consent_retention_and_deletion(server: Running) -> None:
    agreed = {"consent": "redacted", "retention_days": 90, "exploration": 0.05}
    assert call(server, "PUT", "workspaces/lab", agreed)[1] == {"name": "lab"} | agreed
    shown = logged(server, workspace="lab")
    trace = call(server, "GET", f"suggestions/{shown}")[1]
    assert trace["is_redacted"]
    assert trace["context"] is None
    assert "changes" not in trace["candidates"][0]["verdict"]
    counted = call(server, "POST", "deletions", {"workspace": "lab"})[1]
    assert counted["requests"] == 1
    assert call(server, "POST", "deletions", {"workspace": "lab", "write": True})[1] == counted
    assert call(server, "GET", f"suggestions/{shown}")[0] == 422
    assert any(w["name"] == "lab" for w in call(server, "GET", "workspaces")[1])


def test_a_version_is_promoted_in_stages_and_rolled_back(server: Running, tmp_path: Path) -> None:
    registry = Registry(server.home, "team")
    for name, decided in (("good", "promote"), ("bad", "reject")):
        prepared = server.home / f"prepared-{name}"
        prepared.mkdir()
        registry.add(Version(name, "2026-03-01T00:00:00+00:00", decided=decided), prepared)
    refused = call(server, "POST", "models/team/bad/promote", {})
    assert refused[0] == 422
    assert "the gate refused it" in refused[1]["message"]
    serving = call(server, "POST", "models/team/good/promote", {"share": 0.05, "reason": "looks fine"})[1]
    assert (serving["state"]["canary"], serving["state"]["share"]) == ("good", 0.05)
    assert serving["next_share"] == 0.25
    serving = call(server, "POST", "models/team/good/promote", {})[1]
    assert serving["state"]["current"] == "good"
    serving = call(server, "POST", "models/team/rollback", {"reason": "accept rate fell"})[1]
    assert serving["state"]["current"] is None
    told = [(p["action"], p["model"], p["user"]) for p in call(server, "GET", "promotions")[1]]
    assert told == [("rollback", "good", "admin"), ("promote", "good", "admin"), ("canary", "good", "admin")]


def test_runs_and_reports_are_told_while_they_come(server: Running) -> None:
    runs = server.service.store.runs
    run = runs.create("lora.toml", "kto", "mini")
    runs.start(run.id)
    runs.add_event(run.id, 1, {"loss": 2.0})
    first = call(server, "GET", f"runs/{run.id}/events")[1]
    runs.add_event(run.id, 2, {"loss": 1.0})
    later = call(server, "GET", f"runs/{run.id}/events?after={first[-1]['id']}")[1]
    assert [e["metrics"]["loss"] for e in (*first, *later)] == [2.0, 1.0]
    assert call(server, "GET", "runs")[1][0]["status"] == "running"
    runs.add_report(run.id, "good", "mini", "promote", {"suites": {"formula": 0.01}})
    assert call(server, "GET", "reports")[1][0]["report"] == {"suites": {"formula": 0.01}}


def test_trust_and_replay_look_at_the_log(server: Running) -> None:
    for _ in range(3):
        server.service.store.record_outcome(Outcome(logged(server), OutcomeKind.ACCEPTED, user="cy"))
    people = call(server, "GET", "trust?workspace=team")[1]
    assert next(p for p in people if p["user"] == "cy")["suspicion"] == "none"
    replayed = call(server, "GET", "replay?workspace=team")[1]["rankings"]["experts"]
    assert replayed["samples"] >= 3
    assert 0 <= replayed["logged"] <= 1
