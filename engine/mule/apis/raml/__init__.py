"""RAML 1.0 → OpenAPI 3.1. https://github.com/raml-org/raml-spec/blob/master/versions/raml-10/raml-10.md"""

from engine.mule.apis.raml.document import openapi_of
from engine.mule.apis.raml.loading import RamlMistake

__all__ = ["RamlMistake", "openapi_of"]
