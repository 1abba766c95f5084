"""The page of the traffic pack names every key that a screening gives, and no other."""

import json
import re
from pathlib import Path

import pytest
from pages import ROOT, read_first_cells, read_page, read_tables

from paicha.engine.backend import name_table
from paicha.engine.policy import load_policy
from paicha.kernel.grades import CAPS, Grade
from paicha.kernel.rule import FIXED_COLUMNS, OPTIONAL_COLUMNS
from paicha.packs.traffic.pack import PACK
from paicha.reference.natures import list_natures
from paicha.registry.headings import HEADINGS

TABLES = read_tables("docs/packs/traffic.md")
DIALECTS = {
    "stratum-v1", "ethereumstratum-1", "ethereumstratum-2", "ethproxy", "cryptonote", "zcash", "kawpow", "kaspa",
    "grin", "ironfish", "alephium", "ergo", "beam", "cuckoo", "getwork", "getblocktemplate", "stratum-v2", "chia",
    "other",
}  # fmt: skip
SPECS = {
    spec.name: spec for spec in (*PACK.tables, *PACK.given, *(derivation.table for derivation in PACK.derivations))
}


def list_keys(name, kind="keys"):
    return read_first_cells(TABLES[kind, name])


def ask(rule):
    """The columns of a rule's answer."""
    policy = load_policy(PACK, "default").values
    return rule.ask(*(policy if name == "policy" else name_table(SPECS[name]) for name in rule.parameters)).columns


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_evidence_and_measures_of_every_rule_are_documented(rule):
    evidence = set(ask(rule)) - {*FIXED_COLUMNS, *OPTIONAL_COLUMNS, *rule.measures}
    assert set(list_keys(f"evidence {rule.id}")) == evidence
    assert set(list_keys(f"measures {rule.id}") if rule.measures else ()) == set(rule.measures)


def test_findings_hold_what_is_documented(document):
    found = {finding["rule"] for finding in document["findings"]}
    assert len(found) >= 9
    for finding in document["findings"]:
        assert set(finding) == set(list_keys("finding"))
        assert set(finding["evidence"]) == set(list_keys(f"evidence {finding['rule']}"))
        if finding["measures"]:
            assert set(finding["measures"]) == set(list_keys(f"measures {finding['rule']}"))


def test_documents_and_their_parts_hold_what_is_documented(document):
    assert list(document) == list_keys("document")
    always = set(list_keys("input")) - {"same_as", "error"}
    for item in document["inputs"]:
        assert always <= set(item) <= set(list_keys("input"))
    assert {"same_as"} < {key for item in document["inputs"] for key in item}
    assert document["rejects"]
    assert all(set(reject) == set(list_keys("reject")) for reject in document["rejects"])
    for verdict in document["verdicts"]:
        assert set(verdict) == set(list_keys("verdict"))
        for reason in (*verdict["reasons_for"], *verdict["reasons_against"]):
            assert set(reason) == set(list_keys("reason"))
        assert set(verdict["measures"]) in (set(), set(list_keys("measures traffic.mining-session")))


def test_the_sheet_holds_what_is_documented(document):
    assert set(document["summary"]) == {"confirmed", "confirmed_or_likely"}
    for sheet in document["summary"].values():
        assert set(sheet) == set(list_keys("summary"))
        for name in ("public_resource", "pool_mbps", "coverage"):
            assert set(sheet[name]) == set(list_keys(name))
        for part in (*sheet["by_nature"].values(), *sheet["by_region"].values()):
            assert set(part) == set(list_keys("part"))
        assert set(sheet["by_nature"]) == {nature.id for nature in list_natures()}


def test_dialects_and_caps_are_those_of_the_program(document):
    assert set(list_keys("dialects", "names")) == DIALECTS
    seen = {finding["evidence"].get("dialect") for finding in document["findings"]} - {None}
    assert len(seen) > 12
    assert seen <= DIALECTS
    points = load_policy(PACK, "default").values.grading.points
    rows = TABLES["names", "caps"]
    told = {kind: (row[1], float(row[2])) for kind, row in zip(read_first_cells(rows), rows, strict=True)}
    assert told == {str(kind): (CAPS[kind].word, points[kind]) for kind in CAPS if kind in points}


def test_policy_values_named_in_the_pages_exist():
    values = load_policy(PACK, "default").values
    for page in ("docs/packs/traffic.md", "docs/guide.md"):
        for path in re.findall(r"`policy\.([a-z_.]+)`", read_page(page)):
            value = values
            for name in path.split("."):
                value = getattr(value, name)


def test_headings_and_row_errors_in_the_guide_are_those_of_the_program():
    tables = read_tables("docs/guide.md")
    rows = tables["names", "headings"]
    assert read_first_cells(rows) == list(HEADINGS)
    for name, row in zip(HEADINGS, rows, strict=True):
        assert set(re.findall(r"`([^`]+)`", row[1])) <= set(HEADINGS[name])
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/paicha/registry").glob("*.py"))
    codes = set(re.findall(r'(?:CellError\(|= \()\s*"([a-z]+(?:-[a-z]+)+)"', source))
    assert set(read_first_cells(tables["names", "row-errors"])) == codes


def test_links_between_pages_lead_somewhere():
    pages = ["README.md", "README.zh-CN.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read_page(page)):
            if "://" not in target:
                assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_decisions_have_their_three_parts():
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequence"], path.name
        for name in re.findall(r"`((?:src|tests)/[^`]+)`", text):
            assert (ROOT / name).exists(), f"{path.name}: {name}"


def test_grades_in_the_readme_are_those_of_the_program():
    for page in ("README.md", "README.zh-CN.md"):
        for grade in Grade:
            assert grade.word in read_page(page)


def test_notice_names_the_data_files_of_others():
    notice = read_page("NOTICE")
    for name in re.findall(r"src/\S+\.(?:csv|toml)", notice):
        assert Path(ROOT / name).is_file(), name
    assert json.dumps("regions.csv")[1:-1] in notice
