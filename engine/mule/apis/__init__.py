"""APIs of Mule applications: routes in the names of flows, RAML, OpenAPI."""
