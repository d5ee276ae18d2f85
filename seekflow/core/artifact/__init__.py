"""The artifact: a compiled flow as one JSON file, loaded by name and strictly."""

from __future__ import annotations

from seekflow.core.artifact.artifact import VERSION as VERSION
from seekflow.core.artifact.artifact import Artifact as Artifact
from seekflow.core.artifact.artifact import Change as Change
from seekflow.core.artifact.artifact import describe as describe
from seekflow.core.artifact.artifact import diff as diff
from seekflow.core.artifact.artifact import load as load
from seekflow.core.artifact.artifact import save as save
