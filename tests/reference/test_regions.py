import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.reference.regions import (
    find_province,
    find_region,
    find_region_by_name,
    is_region,
    list_provinces,
    list_regions,
)


def test_there_are_34_provinces_and_every_city_lies_in_one():
    assert len(list_provinces()) == 34
    provinces = {province.code for province in list_provinces()}
    for region in list_regions():
        assert region.province in provinces
        assert region.name_zh
        assert region.name_en.isascii() or region.name_en == "Lüliang"
        assert find_region(region.code).province == region.province


@pytest.mark.parametrize(
    ("code", "name", "province"),
    [
        ("320000", "江苏省", "320000"),
        ("32", "江苏省", "320000"),
        ("3201", "南京市", "320000"),
        ("320115", "南京市", "320000"),
        ("330100", "杭州市", "330000"),
        ("110108", "北京市", "110000"),
        ("1101", "北京市", "110000"),
        ("500101", "重庆市", "500000"),
        ("810000", "香港特别行政区", "810000"),
        ("429004", "省直辖县级行政区划", "420000"),
        ("320115001001", "南京市", "320000"),
    ],
)
def test_codes(code, name, province):
    region = find_region(code)
    assert (region.name_zh, region.province) == (name, province)


@pytest.mark.parametrize("code", ["", None, "99", "329900", "3", "32011", "江苏", "３２", "110999", "0" * 100])
def test_codes_that_cannot_be(code):
    assert find_region(code) is None
    assert not is_region(code)


def test_the_province_of_a_code_whose_city_is_unknown():
    assert find_province("329900").name_en == "Jiangsu"
    assert find_province("990000") is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("江苏", "320000"),
        ("江苏省", "320000"),
        ("Jiangsu", "320000"),
        ("南京", "320100"),
        ("南京市", "320100"),
        ("北京市", "110000"),
        ("江苏省南京市玄武区", "320100"),
        ("内蒙古自治区", "150000"),
        ("南京市玄武区", "320100"),
        ("新疆", "650000"),
        ("吉林", "220000"),
    ],
)
def test_names(name, code):
    assert find_region_by_name(name).code == code


def test_a_short_name_of_two_cities_is_not_guessed():
    assert find_region_by_name("Suzhou") is None
    assert find_region_by_name("") is None
    assert find_region_by_name("亚特兰蒂斯") is None


@given(st.text(max_size=120))
def test_any_text_may_be_asked(text):
    find_region(text)
    find_region_by_name(text)
