"""The manifest for Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import Template
from textwrap import indent

from engine.tools.scaffolds.deployment import Deployment, Port, with_default
from engine.tools.scaffolds.image import DATA, USER

PAUSE = 5
"""Seconds before SIGTERM in which the cluster learns that no more requests shall come."""

MARGIN = 5
"""Seconds between the end of running requests and SIGKILL."""

CONFIG_MAP = Template("""\
# kubectl apply -f kubernetes.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
data:
  # Properties of the flows, as environment variables. One that is left out has its default.
$variables---
""")
SECRET = Template("""\
apiVersion: v1
kind: Secret
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
stringData:
  # Keep the values out of this file: kubectl create secret generic $name --from-env-file=FILE
$variables---
""")
CLAIM = Template("""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests: {storage: 1Gi}
---
""")
DEPLOYMENT = Template("""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
$replicas
  selector:
    matchLabels: {app.kubernetes.io/name: $name}
  template:
    metadata:
      labels: {app.kubernetes.io/name: $name}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false  # its variables, such as HTTP_PORT, would be taken for properties
      # $pause s for the cluster, $shutdown s for running requests (shutdownTimeout), $margin s in reserve.
      terminationGracePeriodSeconds: $grace
      securityContext:
        runAsNonRoot: true
        runAsUser: $user
        runAsGroup: $user
        fsGroup: $user
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: flows
          image: $name:$version
$ports          envFrom:
            - configMapRef: {name: $name}
$secret          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 512Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: data, mountPath: $data}
$mount            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: data
          $volume
        - name: tmp
          emptyDir: {}
""")
PROBES = Template("""\
          ports:
$ports
          startupProbe:
            httpGet: {path: /-/live, port: $port, scheme: $scheme}
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /-/ready, port: $port, scheme: $scheme}
            periodSeconds: 5
            timeoutSeconds: 3
          livenessProbe:
            httpGet: {path: /-/live, port: $port, scheme: $scheme}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          lifecycle:
            preStop:
              exec: {command: [sleep, "$pause"]}
""")
SERVICE = Template("""\
---
apiVersion: v1
kind: Service
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  selector: {app.kubernetes.io/name: $name}
  ports:
$ports
""")
BUDGET = Template("""\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: $name}
""")
ONE = """\
  replicas: 1  # the flows keep data on their volume: one process at a time may have it
  strategy: {type: Recreate}"""
SEVERAL = """\
  replicas: 2
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}"""


def manifest(deployment: Deployment) -> str:
    """Return the manifest: Deployment, ConfigMap, PodDisruptionBudget; if needed, Secret, volume and Service."""
    name, parts = deployment.name, [_variables(CONFIG_MAP, deployment, is_secret=False)]
    if has_secrets := any(each.is_secret for each in deployment.settings.values()):
        parts.append(_variables(SECRET, deployment, is_secret=True))
    if deployment.keeps_data:
        parts.append(CLAIM.substitute(name=name))
    parts.append(_deployment(deployment, has_secrets=has_secrets))
    if deployment.ports:
        ports = "\n".join(
            f"    - {{name: {_name(port)}, port: {port.number}, targetPort: {_name(port)}}}"
            for port in deployment.ports
        )
        parts.append(SERVICE.substitute(name=name, ports=ports))
    return "".join([*parts, BUDGET.substitute(name=name)])


def _deployment(deployment: Deployment, *, has_secrets: bool) -> str:
    name, folder = deployment.name, deployment.own_data_folder
    claim = f"persistentVolumeClaim: {{claimName: {name}}}"
    return DEPLOYMENT.substitute(
        name=name,
        version=deployment.version,
        replicas=ONE if deployment.keeps_data else SEVERAL,
        pause=PAUSE,
        shutdown=deployment.shutdown,
        margin=MARGIN,
        grace=PAUSE + deployment.shutdown + MARGIN,
        user=USER,
        data=DATA,
        mount=f"            - {{name: data, mountPath: {json.dumps(folder)}}}\n" if folder else "",
        ports=_probes(deployment.ports) if deployment.ports else "",
        secret=f"            - secretRef: {{name: {name}}}\n" if has_secrets else "",
        volume=claim if deployment.keeps_data else "emptyDir: {}",
    )


def _probes(ports: tuple[Port, ...]) -> str:
    first = ports[0]
    listed = "\n".join(f"            - {{name: {_name(port)}, containerPort: {port.number}}}" for port in ports)
    scheme = "HTTPS" if first.is_secure else "HTTP"
    return PROBES.substitute(ports=listed, port=_name(first), scheme=scheme, pause=PAUSE)


def _name(port: Port) -> str:
    return f"http{'s' if port.is_secure else ''}-{port.number}"


def _variables(template: Template, deployment: Deployment, *, is_secret: bool) -> str:
    """Return a ConfigMap or a Secret: variables with a default as comments, the others to be filled in."""
    lines = list(_lines(deployment, is_secret=is_secret))
    return template.substitute(name=deployment.name, variables=indent("".join(lines), "  "))


def _lines(deployment: Deployment, *, is_secret: bool) -> Iterator[str]:
    for variable, default in with_default(deployment.settings, is_secret=is_secret):
        if default is None:
            yield f'{variable}: ""  # has no default: to be filled in\n'
        else:
            yield f"# {variable}: {json.dumps('' if is_secret else default, ensure_ascii=False)}\n"
