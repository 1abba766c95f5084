import pytest

from paicha.engine.policy import load_policy
from paicha.kernel.errors import PolicyError
from paicha.packs.traffic.pack import PACK


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfeh\x00",
        b"# \xd6\xd0\xce\xc4",
        b"a = ",
        b"[observed]\nmin_hours = " + b"9" * 5000,
        b"a = " + b"[" * 5000 + b"]" * 5000,
        b"[observed]\nmin_minutes = 3",
        b'[stock]\nbaseline = "2021-13-24"',
        b'home = ["10.0.0.0/99"]',
        b'home = ["10.0.0.0/8", "the campus"]',
        b'home = ["fe80::%eth0/64"]',
        b"[grading.points]\npayload = nan",
        b"[grading.points]\npayload = -5.0",
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / "ours.toml"
    file.write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        load_policy(PACK, str(file))
    assert "\n" not in str(caught.value)
    assert "ours.toml" in str(caught.value)


def test_ranges_of_one_meaning_make_one_policy(tmp_path):
    hashes = set()
    for number, home in enumerate(("10.0.0.0/8", "10.1.2.3/8", "10.0.0.0/255.0.0.0")):
        file = tmp_path / f"{number}.toml"
        file.write_text(f'home = ["{home}"]')
        policy = load_policy(PACK, str(file))
        assert policy.values.home == ("10.0.0.0/8",)
        hashes.add(policy.sha256)
    assert len(hashes) == 1


def test_a_byte_order_mark_is_no_error(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_bytes(b'\xef\xbb\xbfhome = ["10.0.0.0/8"]')
    assert load_policy(PACK, str(file)).values.home == ("10.0.0.0/8",)
