"""The artifact: a compiled flow as one JSON file, loaded by name and strictly."""

from __future__ import annotations

from seekgraph.core.artifact.artifact import VERSION as VERSION
from seekgraph.core.artifact.artifact import Artifact as Artifact
from seekgraph.core.artifact.artifact import Change as Change
from seekgraph.core.artifact.artifact import describe as describe
from seekgraph.core.artifact.artifact import diff as diff
from seekgraph.core.artifact.artifact import load as load
from seekgraph.core.artifact.artifact import param_changes as param_changes
from seekgraph.core.artifact.artifact import save as save
from seekgraph.core.artifact.mismatch import structure_changes as structure_changes
