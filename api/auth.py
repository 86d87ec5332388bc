"""Who is asking, by a session or a token. The store makes their secrets, and keeps only the hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.passwords import NO_PASSWORD, Passwords, random_password
from api.ports import People
from api.problems import Problem
from api.rights import DISPLAY, EVERYTHING, GRANTED, Right, Role, rights_of
from core.ids import AgentId
from store.people import User

FIRST_ADMINISTRATOR = "admin"
CLI_USER = "cli"
CLI_TOKEN_LASTS = timedelta(days=400)
"""The command line's token is renewed by every start; this only ends a forgotten one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever sent this request, what they may do, and the secret that let them in: a session's or a token's."""

    person: str
    role: Role
    rights: frozenset[Right]
    secret: str = field(repr=False)
    by_cookie: bool
    display: bool = False
    """A screen on the wall: its cookie holds a token, not a session."""
    withheld: frozenset[Right] = frozenset()
    """What the role gives, but only to those who sign in with a second factor."""
    team: frozenset[str] | None = field(default=None, compare=False)
    """The agents whom a leader leads (api.teams); None: everybody."""

    def may(self, right: Right) -> bool:
        return right in self.rights

    def need(self, right: Right) -> None:
        """Raises Problem: 403 that names the right."""
        if right in self.withheld:
            raise Problem(
                403, f"this needs the right {right}, and that needs a second factor: set one up for your account"
            )
        if right not in self.rights:
            raise Problem(403, f"this needs the right {right}, which {self.person} ({self.role}) does not have")

    def led(self) -> tuple[AgentId, ...] | None:
        """The team as the engine is told it, who then holds what was asked to it; None: everybody."""
        return None if self.team is None else tuple(AgentId(agent) for agent in sorted(self.team))

    def leads(self, agent: str) -> bool:
        return self.may(Right.LEAD) and (self.team is None or agent in self.team)

    def may_act_for(self, agent: str) -> bool:
        """An agent's login bears the agent's id."""
        return self.leads(agent) or (self.may(Right.SERVE) and self.person == agent)

    def need_to_act_for(self, agent: str) -> None:
        """Raises Problem: 403."""
        if not self.may_act_for(agent):
            self.need_lead_of(agent)

    def need_lead_of(self, agent: str) -> None:
        """Raises Problem: 403."""
        self.need(Right.LEAD)
        self.need_team(agent)

    def need_team(self, agent: str) -> None:
        """For rights that a leader has over the own team. Raises Problem: 403."""
        if self.team is not None and agent not in self.team:
            raise Problem(403, f"{agent} is not of the team that {self.person} leads. Ask a supervisor.")


def role_of(user: User) -> Role | None:
    """None for a role that this version does not know: such a user cannot come in."""
    return {role.value: role for role in Role}.get(user.role)


async def identify(
    people: People,
    secret: str,
    now: datetime,
    *,
    by_cookie: bool,
    display: bool = False,
    demanding: frozenset[Right] = frozenset(),
) -> Identity | None:
    """The person behind a session or token; None when it is unknown, run out, or the person is disabled.

    A session of somebody who has no second factor is not given the `demanding` rights. Tokens are programs': they have
    no second factor, but a scope and an end.
    """
    if by_cookie and not display:
        user, scope = await people.session_user(secret, now), EVERYTHING
    else:
        token = await people.token(secret, now)
        user, scope = (await people.user(token.user), token.scope) if token else (None, "")
    role = role_of(user) if user else None
    if user is None or role is None or (display and rights_of(scope) != DISPLAY):
        return None
    rights = GRANTED[role] & rights_of(scope)
    withheld = rights & demanding if by_cookie and not display and not user.second_factor else frozenset()
    return Identity(user.name, role, rights - withheld, secret, by_cookie, display, withheld)


async def still_valid(people: People, identity: Identity, now: datetime) -> bool:
    """Whether what let this person in still would, with the same rights."""
    how = {"by_cookie": identity.by_cookie, "display": identity.display}
    return await identify(people, identity.secret, now, **how, demanding=identity.withheld) == identity


async def first_administrator(people: People, passwords: Passwords, now: datetime) -> tuple[str, str] | None:
    """Name and random password of a new administrator if no person has a login yet, else None.

    The password exists nowhere else: show it once.
    """
    if any(user.name != CLI_USER for user in await people.users()):
        return None
    password = random_password()
    await people.add_user(FIRST_ADMINISTRATOR, Role.ADMINISTRATOR, await passwords.hashed(password), now)
    return FIRST_ADMINISTRATOR, password


async def cli_token(people: People, now: datetime) -> str:
    """A new token for this machine's command line, the old one ended; the caller writes it to secrets/cli.token, 0600.

    Its user cannot sign in.
    """
    if await people.user(CLI_USER) is None:
        await people.add_user(CLI_USER, Role.ADMINISTRATOR, NO_PASSWORD, now)
    await people.revoke_token(CLI_USER)
    return await people.add_token(CLI_USER, CLI_USER, EVERYTHING, now, CLI_TOKEN_LASTS)
