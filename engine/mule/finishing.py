"""The end of an import: its flows can be loaded, and its tests stand beside them."""

from __future__ import annotations

from engine.loading.diagnostic import Diagnostic
from engine.mule.checking import make_loadable
from engine.mule.importing import Imported
from engine.mule.munit.testing import add_tests
from engine.mule.trial import trial_of


def finish(imported: Imported, *, jmespath: bool = False) -> list[Diagnostic]:
    """Make an import loadable, and add its tests; return the mistakes that are left.

    jmespath: whether the scripts that are certain to mean the same in JMESPath are translated.
    """
    with trial_of(imported) as trial:
        left = make_loadable(trial)
        add_tests(trial)
    if jmespath and not left:
        from engine.mule.jmespath.files import translate

        translate(imported)  # scripts that are remembered do not run
    return left
