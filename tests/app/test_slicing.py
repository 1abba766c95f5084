"""The packets behind findings that do not name them: a connection told by its sizes, over the files of several runs."""

import pytest

from paicha.app.slicing import slice_finding
from paicha.kernel.errors import UsageError
from paicha.store.workspace import open_workspace


def test_a_connection_told_by_its_sizes_is_sliced_over_the_files_of_several_runs(ask, screen_it, province, tmp_path):
    directory, truth = province
    hidden = next(s for s in truth.sessions if s.dialect == "stratum-v2")
    with open_workspace(tmp_path / "w") as workspace:
        for file in sorted((directory / "captures").iterdir()):
            documents, _ = screen_it(ask(f"captures/{file.name}"), workspace)
        findings = documents[0]["findings"]
        shape = next(
            f for f in findings if f["rule"] == "traffic.mining-shape" and f["evidence"]["client"] == hidden.client
        )
        assert len(shape["sources"]) > 1
        assert slice_finding(shape["id"], tmp_path / "out.pcap", workspace, None) == hidden.packets
        other = next(f for f in findings if "connections" in f["evidence"])
        with pytest.raises(UsageError, match="no packets of one connection"):
            slice_finding(other["id"], tmp_path / "out.pcap", workspace, None)
