"""The units for systemd."""

from __future__ import annotations

from string import Template

from engine.tools.scaffolds.deployment import Deployment, with_default

MARGIN = 5
"""Seconds between the end of running requests and SIGKILL."""

PRIVILEGED = 1024
"""The first port that anybody may listen at."""

SERVICE = Template("""\
# The service of these flows, which lie in /opt/$name: a folder of `engine package --folder`, or a copy of the project.
#   python3 -m venv /opt/$name/.venv && /opt/$name/.venv/bin/pip install -r /opt/$name/requirements.txt
#   cp $name.service$socket /etc/systemd/system/ && systemctl enable --now $name

[Unit]
Description=$name: integration flows
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart=/opt/$name/.venv/bin/engine serve $served
ExecReload=/bin/kill -HUP $$MAINPID
# An event loop that is blocked for so long is ended by SIGABRT; the journal then has the place.
WatchdogSec=30
Restart=on-failure
RestartSec=1
# $shutdown s for running requests (shutdownTimeout), and a reserve.
TimeoutStopSec=$stop
# Properties of the flows, a line each. Owned by root and closed to others, it may hold secrets.
EnvironmentFile=-/etc/$name/environment
$variables# Data, and what has a relative name in the flows, such as sqlite:///shop.db, goes to /var/lib/$name.
StateDirectory=$name
WorkingDirectory=%S/$name
$writes
DynamicUser=yes
UMask=0077
LimitNOFILE=65536
$capabilities
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
""")
SOCKET = Template("""\
# Not needed, but good to have: systemd opens the ports before the service starts, and keeps them while it is restarted:
# callers wait, and are not refused.
#   systemctl enable --now $name.socket

[Unit]
Description=The ports of $name

[Socket]
$streams
FileDescriptorName=$name

[Install]
WantedBy=sockets.target
""")


def service(deployment: Deployment) -> str:
    """Return the unit of the service."""
    name, folder = deployment.name, deployment.own_data_folder
    served = " ".join(_argument(f"/opt/{name}/{place}".removesuffix("/.")) for place in deployment.served)
    variables = [
        f"# {variable}={'' if is_secret or default is None else default}\n"
        for is_secret in (False, True)
        for variable, default in with_default(deployment.settings, is_secret=is_secret)
    ]
    is_privileged = any(0 < port.number < PRIVILEGED for port in deployment.ports)
    return SERVICE.substitute(
        name=name,
        socket=f" {name}.socket" if deployment.ports else "",
        served=served,
        shutdown=deployment.shutdown,
        stop=deployment.shutdown + MARGIN,
        variables="".join(variable.replace("\n", " ").rstrip() + "\n" for variable in variables),
        writes=f"ReadWritePaths={_argument(folder)}\n" if folder else "",
        capabilities="AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE"
        if is_privileged
        else "CapabilityBoundingSet=",
    )


def socket_unit(deployment: Deployment) -> str:
    """Return the unit of the sockets."""
    streams = "\n".join(f"ListenStream={_address(port.host)}:{port.number}" for port in deployment.ports)
    return SOCKET.substitute(name=deployment.name, streams=streams)


def _argument(text: str) -> str:
    """Return a text as systemd reads it: `%`, `$` and blanks have a meaning."""
    text = text.replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if " " in text else text


def _address(host: str) -> str:
    """Return a host for systemd, which knows no names."""
    host = "127.0.0.1" if host == "localhost" else host
    return f"[{host}]" if ":" in host else host
