"""The OpenAPI description of a served flow, typed from its inputs."""

from __future__ import annotations

from typing import Any

from seekgraph.deploy.http.bodies import Options
from seekgraph.deploy.http.rest import Feedback
from seekgraph.deploy.http.service import Service

_REF = "#/components/schemas/{model}"


def openapi(service: Service) -> dict[str, Any]:
    """OpenAPI 3.1."""
    flow, schemas = service.bound.flow, dict[str, Any]()
    properties: dict[str, Any] = {}
    for name, adapter in flow.input_adapters.items():
        said = adapter.json_schema(ref_template=_REF)
        schemas.update(said.pop("$defs", {}))
        properties[name] = said
    for model in (Options, Feedback):
        said = model.model_json_schema(ref_template=_REF)
        schemas.update(said.pop("$defs", {}))
        schemas[model.__name__] = said
    properties["options"] = {"$ref": "#/components/schemas/Options"}
    needed = [name for name in flow.inputs if name not in flow.optional_inputs]
    schemas["Inputs"] = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    schemas["Result"] = _RESULT
    paths = {
        "/v1/run": {"post": _operation("Run the flow", "Inputs", "Result")},
        "/feedback": {"post": _operation("Say what you think of an answer", "Feedback", None, "201")},
        "/v1/passages/{id}": {"get": _operation("The text of a passage", None, None)},
        "/v1/models": {"get": _operation("OpenAI's list of models", None, None)},
        "/v1/chat/completions": {"post": _operation("OpenAI's chat completions", None, None)},
        "/v1/responses": {"post": _operation("OpenAI's responses", None, None)},
        "/healthz": {"get": _operation("Whether the process is alive", None, None)},
        "/readyz": {"get": _operation("Whether it takes requests", None, None)},
        "/metrics": {"get": _operation("Counts in Prometheus' form", None, None)},
    }
    paths["/v1/passages/{id}"]["get"]["parameters"] = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    security = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    info = {"title": service.name, "version": flow.fingerprint[:12], "description": "A search flow, served by Seekgraph."}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas, **security}}


_RESULT = {
    "type": "object",
    "required": ["run", "status", "answer", "passages", "errors", "usage"],
    "properties": {
        "run": {"type": "string", "description": "The id of the run, for /feedback."},
        "status": {"enum": ["ok", "partial", "failed"]},
        "answer": {
            "type": ["object", "null"],
            "properties": {
                "text": {"type": "string"},
                "citations": {"type": "array", "items": {"type": "string"}},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                "refused": {"type": "boolean"},
            },
        },
        "passages": {"type": "array", "items": {"type": "object"}},
        "errors": {"type": "array", "items": {"type": "object"}},
        "usage": {"type": "object"},
    },
}


def _operation(summary: str, takes: str | None, gives: str | None, status: str = "200") -> dict[str, Any]:
    said: dict[str, Any] = {"summary": summary, "responses": {status: {"description": "as asked"}}}
    if takes is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(takes)}}}
    if gives is not None:
        said["responses"][status]["content"] = {"application/json": {"schema": _ref(gives)}}
    return said


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
