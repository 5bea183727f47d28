"""Every operation that is carried out is called, and every answer is one that the service's model allows.

The judge of `premises` looks at each response; in `stages` the operations meet what they were made for.
"""

from __future__ import annotations

from tests.collaborate.api import more_stages, stages
from tests.collaborate.api.judge import model
from tests.collaborate.api.premises import Premises, paired

from antechamber.collaborate.api.left_out import LEFT_OUT
from antechamber.collaborate.api.operations import HANDLERS


def test_every_operation_is_called_and_answers_in_its_shape(premises: Premises) -> None:
    pair = paired(premises)
    stages.collaborations(pair)
    stages.tables(pair)
    stages.schemas(pair)
    stages.templates(pair)
    stages.budgets(pair)
    more_stages.asking(premises, pair)
    more_stages.id_mapping(pair)
    more_stages.changes(pair)
    more_stages.intermediate(pair)
    more_stages.tags(pair)
    more_stages.endings(pair)
    assert set(model()["operations"]) - set(LEFT_OUT) - premises.called == set()
    assert set(HANDLERS) - premises.called == set()
