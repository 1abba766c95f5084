import importlib
import sys

import pytest

from paicha.kernel.imports import hidden


def test_a_hidden_module_cannot_be_imported_and_then_can():
    with hidden("antigravity"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("antigravity")
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == "_Refusal"]
    assert importlib.import_module("colorsys")


def test_what_is_there_already_stays():
    with hidden("json"):
        assert importlib.import_module("json") is sys.modules["json"]
