"""What the study of losses refuses before the first job."""

import pytest

from fullfield import io
from fullfield.settings.configuration import validate
from fullfield.settings.schema import REPOSITORY


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"full": {"swept": ["imnn"]}}, r"losses\.full\.swept holds 'imnn'; allowed: mse, mae, gnll, gnll_cov"),
        ({"full": {"swept": ["gaussian_score"]}}, r"losses\.full\.swept holds 'gaussian_score'; allowed: mse"),
        (
            {"reduced": {"summaries": ["vmin"]}},
            r"losses\.reduced\.summaries holds 'vmin'; did you mean vmim\? allowed: mse",
        ),
        (
            {"reduced": {"sizes": [10**6]}},
            r"losses\.reduced\.sizes holds 1000000; allowed: at most .*num_sim",
        ),
        ({"method": "nep"}, r"losses\.method holds 'nep'; did you mean npe\? allowed: npe"),
        ({"full": {"num_flow": 1}}, r"unknown key scales\.laptop\.losses\.full\.num_flow; did you mean num_flows\?"),
    ],
)
def test_wrong_values_are_named(tmp_path, block, message):
    config = io.read_yaml(REPOSITORY / "config.yaml")
    config["scales"]["laptop"]["losses"] = block
    with pytest.raises(ValueError, match=message):
        validate(config, tmp_path)
