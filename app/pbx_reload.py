"""Makes the PBX read changed files: over its supervisor's socket here, over AMI on another machine."""

from __future__ import annotations

from collections.abc import Collection

from app.pbx_files import ami_password, pbx_layout
from app.settings import Settings
from cti.ami import AmiClient
from cti.pbx.control import PbxControl
from cti.pbx.process import RELOADS

DEADLINE_S = 15.0


async def reload_pbx(settings: Settings, files: Collection[str] | None) -> None:
    """Load these files, or all, without dropping calls. Raises PbxUnavailable, ActionFailed."""
    if settings.pbx_mode != "remote":
        await PbxControl(pbx_layout(settings).control_socket).reload(None if files is None else sorted(files))
    else:
        await _over_ami(settings, [RELOADS[name] for name in RELOADS if files is None or name in files])


async def _over_ami(settings: Settings, modules: Collection[str]) -> None:
    """A connection for this alone: the engine's own user may not reload, so nobody who steals that one can."""
    client = await AmiClient.connect(
        settings.pbx_host,
        settings.pbx_ami_port,
        settings.pbx_reload_user,
        ami_password(settings.pbx_reload_secret_file),
        lambda message: None,
    )
    try:
        for module in modules:
            await client.action({"Action": "Reload", "Module": module}, deadline_s=DEADLINE_S)
    finally:
        client.close("reloaded")
