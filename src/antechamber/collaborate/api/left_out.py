"""Operations that this server does not carry out, and what it answers to them."""

from __future__ import annotations

from collections.abc import Mapping

_MODELS = "lookalike models are trained by AWS Clean Rooms ML, which this server does not have"
_JOBS = "protected jobs are PySpark programs, which this server does not run: ask with SQL"

LEFT_OUT: Mapping[str, str] = {
    "CreateConfiguredAudienceModelAssociation": _MODELS,
    "DeleteConfiguredAudienceModelAssociation": _MODELS,
    "GetCollaborationConfiguredAudienceModelAssociation": _MODELS,
    "GetConfiguredAudienceModelAssociation": _MODELS,
    "ListCollaborationConfiguredAudienceModelAssociations": _MODELS,
    "ListConfiguredAudienceModelAssociations": _MODELS,
    "UpdateConfiguredAudienceModelAssociation": _MODELS,
    "GetProtectedJob": _JOBS,
    "ListProtectedJobs": _JOBS,
    "StartProtectedJob": _JOBS,
    "UpdateProtectedJob": _JOBS,
}
"""Operation → what is said with AccessDeniedException."""
