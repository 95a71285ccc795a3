"""The name of the distribution, and the packages of its extras."""

from importlib.util import find_spec

NAME = "paiflow-client"

# Of each extra that adds modules; without these packages the modules say what to install.
PACKAGES = {
    "cli": ("click", "jmespath", "rich", "yaml"),
    "contract": ("harfile", "httptools", "jsonschema_rs", "requests", "schemathesis", "uvicorn", "yaml"),
    "drift": ("jsonpath", "jsonschema", "openapi_schema_validator", "openapi_spec_validator", "yaml"),
    "explorer": ("flask_swagger_ui", "httptools", "jsonschema_rs", "uvicorn", "yaml"),
    "mock": ("httptools", "jsonschema_rs", "uvicorn", "yaml"),
}


def installed(extra: str) -> bool:
    """Return whether all packages of an extra can be imported; imports none."""
    return all(find_spec(package) is not None for package in PACKAGES[extra])
