import importlib
import sys

import pytest

from paicha.kernel.imports import Later, hidden


def test_a_hidden_module_cannot_be_imported_and_then_can():
    with hidden("antigravity"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("antigravity")
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == "_Refusal"]
    assert importlib.import_module("colorsys")


def test_what_is_there_already_stays():
    with hidden("json"):
        assert importlib.import_module("json") is sys.modules["json"]


def test_a_later_module_is_imported_with_what_is_first_asked_of_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    later, constant = Later("colorsys"), Later("colorsys", "ONE_THIRD")
    assert "colorsys" not in sys.modules
    third = later.ONE_THIRD
    assert third == pytest.approx(1 / 3)
    assert constant.is_integer() is False


def test_items_of_what_is_imported_later_can_be_asked_for():
    assert Later("string", "digits")[3] == "3"
