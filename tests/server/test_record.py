"""`engine serve --record` and `engine test` on what it wrote, as a person uses them."""

from __future__ import annotations

from pathlib import Path

from running import ROOT, Running, engine

FLOW = str(ROOT / "flows" / "bulk-upsert.yaml")
RECORDS = [{"id": "a1", "name": "Ada", "email": "ada@example.org", "amount": 1}, {"id": "b1"}]


def test_what_is_recorded_replays_without_the_database(tmp_path: Path) -> None:
    folder, database = tmp_path / "recorded", tmp_path / "customers.db"
    with Running(tmp_path, FLOW, "--record", str(folder), "--set", f"db.url=sqlite:///{database}") as server:
        assert [server.post(json={"records": RECORDS[:count]}).status_code for count in (1, 2, 0)] == [200, 207, 200]
        assert server.client.get("/-/ready").status_code == 200
        assert server.post(content=b"{").status_code == 400
        assert server.end() == 0
    database.unlink()
    replayed = engine("test", str(folder))
    assert replayed.returncode == 0, replayed.stdout
    assert "4 passed" in replayed.stdout
    assert not database.exists()
