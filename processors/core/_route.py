"""One of several ways that an event may take."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Chain, Mistake, Parameters, refuse


class Route(Parameters):
    """One of the routes of a router."""

    steps: Chain
    """The steps of the route."""


def _at_least(number: int, routes: Any) -> Any:
    if isinstance(routes, list) and len(routes) < number:
        write = f"routes: [{', '.join(['{steps: […]}'] * number)}]"
        refuse([Mistake("F303", f"a list of {len(routes)}", f"at least {number}", write)])
    return routes


Routes = Annotated[list[Route], BeforeValidator(lambda routes: _at_least(1, routes))]
"""A parameter `routes`: one or more."""

SeveralRoutes = Annotated[list[Route], BeforeValidator(lambda routes: _at_least(2, routes))]
"""A parameter `routes`: two or more."""
