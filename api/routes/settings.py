"""/settings: the deployment's settings in force, read once at the start. What is edited while it runs is /house."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field

from api.access import Ports, needs
from api.ports import SettingValue
from api.rights import Right
from api.router import Router


class SettingShown(BaseModel):
    """One of docs/settings.md. Passwords in URLs are hidden; of files with secrets the path is shown."""

    key: str = Field(examples=["bind"])
    value: SettingValue = Field(examples=["10.1.2.3"])
    origin: Literal["default", "file", "environment"] = Field(examples=["file"])
    place: str = Field(
        examples=["/var/lib/thirdring/thirdring.yaml:3"], description="file:line, or the variable's name"
    )
    default: SettingValue = Field(examples=["127.0.0.1"], description="null: it has none")
    meaning: str = Field(examples=["address of the API and the web page"])


def routes() -> Router:
    router = Router(tags=["settings"], dependencies=[needs(Right.MANAGE_PEOPLE)])
    router.add_api_route(
        "/settings", settings, response_model=list[SettingShown], summary="The deployment's settings in force"
    )
    return router


async def settings(services: Ports) -> list[SettingShown]:
    return [SettingShown.model_validate(asdict(each)) for each in services.settings]
