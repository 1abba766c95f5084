import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference.credit_code import CHARSET, compute_check, is_credit_code, is_identity_number
from paicha.reference.documents import find_document, list_documents
from paicha.reference.industries import find_industry, list_industries
from paicha.reference.natures import find_nature, guess_nature, list_natures


@pytest.mark.parametrize(
    "code", ["91110000802100433B", "91440300279543289U", "12100000400000624D", "91330000799655058b"]
)
def test_credit_codes_of_well_known_bodies(code):
    assert is_credit_code(code) == (compute_check(code[:17].upper()) == code[17].upper())


def test_the_check_character_is_that_of_the_standards_formula():
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    head = "91350100M000100Y4"
    total = sum(w * CHARSET.index(c) for w, c in zip(weights, head, strict=True))
    assert compute_check(head) == CHARSET[(31 - total % 31) % 31]
    assert is_credit_code("91350100M000100Y43")  # the example of GB 32100-2015


@given(st.text(alphabet=CHARSET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(CHARSET))
def test_any_single_change_is_noticed(head, place, char):
    code = head + compute_check(head)
    assert is_credit_code(code)
    changed = code[:place] + char + code[place + 1 :]
    assert is_credit_code(changed) == (changed == code)


def test_letters_may_stand_in_the_first_eight_places():
    head = "N2A20102MA3X4Y5W6"
    assert is_credit_code(head + compute_check(head))
    with pytest.raises(ValueError, match="17"):
        compute_check("9")


@given(st.text(max_size=40))
def test_any_text_may_be_a_number(text):
    is_credit_code(text)
    is_identity_number(text)
    find_nature(text)
    guess_nature(text)
    find_industry(text)
    find_document(text)


def test_identity_numbers():
    assert is_identity_number("11010519491231002X")  # the example of GB 11643-1999
    assert is_identity_number("440524188001010014")
    assert not is_identity_number("110105194912310021")
    assert not is_identity_number("11010519491331002X")
    assert not is_identity_number(None)


def test_the_first_five_natures_are_public_resources():
    natures = list_natures()
    assert [n.id for n in natures] == [
        "government", "public-institution", "university", "research-institute", "state-owned-enterprise",
        "private-enterprise", "internet-cafe", "person", "unknown",
    ]  # fmt: skip
    assert [n.is_public for n in natures] == [True] * 5 + [False] * 4


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("机关", "government"),
        ("事业单位", "public-institution"),
        ("国企", "state-owned-enterprise"),
        ("网咖", "internet-cafe"),
        ("Internet café", "internet-cafe"),
        ("internet_cafe", "internet-cafe"),
        ("UNIVERSITY", "university"),
        ("个人", "person"),
        ("企业", "private-enterprise"),
        ("state owned enterprise", "state-owned-enterprise"),
        ("research_institute", "research-institute"),
    ],
)
def test_words_for_natures(word, expected):
    assert find_nature(word).id == expected


def test_unknown_words_are_not_guessed_and_names_only_hint():
    assert find_nature("宇宙飞船") is None
    assert find_nature(None) is None
    assert guess_nature("南京某某大学").id == "university"
    assert guess_nature("某某网吧").id == "internet-cafe"
    assert guess_nature("某市教育局").id == "government"
    assert guess_nature("江苏某某科技股份有限公司").id == "private-enterprise"
    assert guess_nature("张三").id == "unknown"


@pytest.mark.parametrize(
    ("text", "letter"),
    [("I", "I"), ("I65", "I"), ("6510", "I"), ("教育", "P"), ("P8341", "P"), ("9700", "T"), ("01", "A")],
)
def test_industries(text, letter):
    assert find_industry(text).code == letter


@pytest.mark.parametrize("text", ["", None, "Z", "I99", "98", "x" * 999, "²²", "１２"])
def test_unknown_industries(text):
    assert find_industry(text) is None


def test_sections_follow_each_other():
    sections = list_industries()
    assert "".join(s.code for s in sections) == "ABCDEFGHIJKLMNOPQRST"
    assert all(a.last_division + 1 == b.first_division for a, b in itertools.pairwise(sections))


def test_every_document_has_a_source_and_is_found():
    for document in list_documents():
        assert document.source
        assert document.bodies
        assert document.status in {"in force", "draft", "superseded", "history"}
        assert document.checked in {"read", "partly", "unchecked"}
        assert find_document(document.id) is document
    assert find_document("NDRC-2021-1283").number == "发改运行〔2021〕1283号"
    assert find_document("发改运行〔2021〕1283号").id == "NDRC-2021-1283"
    assert (
        find_document("NDRC-2021-1283").citation_zh == "《关于整治虚拟货币“挖矿”活动的通知》（发改运行〔2021〕1283号）"
    )
    assert find_document("nothing") is None
