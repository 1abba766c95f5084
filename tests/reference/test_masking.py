import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference.masking import MASKERS, mask


@pytest.mark.parametrize(
    ("kind", "text", "masked"),
    [
        ("person", "王小明", "王**"),
        ("person", "欧阳小明", "欧***"),
        ("person", "王五", "王*"),
        ("person", "王", "*"),
        ("person", "John Smith", "J*** S****"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "025-83595114", "025*****5114"),
        ("identity", "11010519491231002X", "110105**********2X"),
        ("email", "someone@example.org", "s******@example.org"),
        ("wallet", "41ymEBmviWTgohYvVCSYzjgH9JsdY98243VeBz9SwrCrheVDVW4J", "41ymEB…VW4J"),
        ("wallet", "short", "s***t"),
        ("account", "f2user", "f2****"),
        ("card", "6222020200012345678", "622202*********5678"),
        ("address", "江苏省南京市玄武区某某路1号", "江苏省南京市********"),
        (
            "text",
            "电话13812345678，邮箱a@b.cn，卡6222020200012345678",
            "电话138****5678，邮箱*@b.cn，卡622202*********5678",
        ),
    ],
)
def test_masks(kind, text, masked):
    assert mask(kind, text) == masked


@given(st.sampled_from(sorted(set(MASKERS) - {"text", "email", "wallet", "person"})), st.text(min_size=1, max_size=60))
def test_at_least_a_third_is_hidden_and_the_length_stays(kind, text):
    masked = mask(kind, text)
    assert len(masked) == len(text)
    assert sum(a != b for a, b in zip(masked, text, strict=True)) + text.count("*") >= len(text) // 3


def test_nothing_stays_nothing_and_unknown_kinds_are_errors():
    assert mask("person", None) is None
    assert mask("person", "") == ""
    with pytest.raises(KeyError):
        mask("colour", "red")


@pytest.mark.parametrize("kind", sorted(MASKERS))
def test_long_texts_are_quick(kind):
    mask(kind, "1@a." * 50_000)
