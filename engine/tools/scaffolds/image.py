"""The files of a container image."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shlex import quote
from string import Template

from engine.loading.project import FILE
from engine.tools.packaged.left_out import PATTERNS, reason_against
from engine.tools.scaffolds.deployment import Deployment

USER = 10001
"""The number of the user: one that no system has, and that is not root for Kubernetes."""

DATA = "/data"
DOCKERFILE = Template("""\
# The image of these flows: docker build -t $name:$version .

FROM python:$python-slim AS build
COPY requirements.txt /app/
# pip compiles what it installs, so that no start has to.
RUN python -m venv /venv \\
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /app/requirements.txt
$copies

FROM python:$python-slim
RUN useradd --uid $user --user-group --no-create-home --shell /usr/sbin/nologin engine \\
    && install -d -o engine -g engine $folders
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$$PATH PYTHONUNBUFFERED=1
USER $user:$user
# Data, and what has a relative name in the flows, such as sqlite:///shop.db, goes here.
WORKDIR $data
VOLUME $data
$expose# A list, without a shell: SIGTERM reaches the engine, which answers what it has begun.
CMD $command
""")
IGNORED = ("Dockerfile", "deploy", "dist", "venv", "*.egg-info")


def dockerfile(deployment: Deployment) -> str:
    """Return the Dockerfile."""
    copies = [f"COPY {json.dumps([place, _inside_image(place)])}" for place in deployment.places]
    if deployment.packages:
        packages = " ".join(quote(_inside_image(each)) for each in deployment.packages)
        copies.append(f"RUN /venv/bin/python -m compileall -q {packages}")
    return DOCKERFILE.substitute(
        name=deployment.name,
        version=deployment.version,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        copies="\n".join(copies),
        user=USER,
        data=DATA,
        folders=" ".join(map(quote, filter(None, [DATA, deployment.own_data_folder]))),
        expose="".join(f"EXPOSE {port.number}\n" for port in deployment.ports),
        command=json.dumps(_command(deployment)),
    )


def _command(deployment: Deployment) -> list[str]:
    everywhere = ["--host", "0.0.0.0"] if deployment.ports else []  # noqa: S104  # a container has a network of its own
    return ["engine", "serve", *map(_inside_image, deployment.served), *everywhere, "--log-format", "json"]


def _inside_image(place: str) -> str:
    return f"/app/{place}".removesuffix("/.")


def dockerignore(deployment: Deployment) -> str:
    """Return the .dockerignore: what is no part of a package is no part of an image."""
    patterns = [f"**/{pattern}" for pattern in PATTERNS if pattern != FILE]
    others = [name for name in deployment.left_out if not reason_against(Path(name).name)]
    return "\n".join(["# What the image must not have: tests, data, secrets.", *IGNORED, *patterns, *others, ""])
