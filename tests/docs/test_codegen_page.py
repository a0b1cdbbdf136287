"""The report that docs/codegen.md shows is the one that its three changes would give."""

from __future__ import annotations

import copy
import json

from codegen.report import changes, render
from tests.docs.pages import ROOT, blocks


def test_the_report_is_what_the_tool_says() -> None:
    """An argument removed, one added, a property added: the page shows what is printed for them."""
    manifest = json.loads((ROOT / "codegen" / "manifests" / "lakefs.json").read_text(encoding="utf-8"))
    old = manifest["surface"]
    new = copy.deepcopy(old)
    del new["operations"]["listBranches"]["parameters"]["query show_hidden"]
    new["operations"]["listTags"]["parameters"]["query search"] = {"required": False, "type": "string"}
    new["schemas"]["Ref"]["properties"]["colour"] = {"required": False, "type": "string"}
    shown = [block.text for block in blocks(ROOT / "docs" / "codegen.md") if block.language == "text"]
    assert shown == [render("lakefs", changes(old, new)) + "\n"]
