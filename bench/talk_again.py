"""A desk that is loaded anew in the middle of a talk: how soon its agent hears the caller again.

The whole product: Asterisk, a caller of the simulated carrier who speaks a steady tone, and a Chromium that is the
agent's phone. The clock is the new page's own: from its navigation until what arrives on its line is as loud as a voice
by WebRTC's own figures (inbound-rtp: totalAudioEnergy over totalSamplesDuration), asked for every 20 ms.
"""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any

from app.instance import Instance
from bench import dispatch
from bench.telephones import telephones
from core.errors import PbxUnavailable

TIMES = 7
TALKS_S = 3.0
"""Between two of them."""
PATIENCE_S = 60.0
CALLER = "13800138000"
FLAGS = (
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
"""Of a browser that is somebody's phone; everything is on this machine."""
LISTENS = """
const VOICE = 10 ** (-35 / 10);
const Line = window.RTCPeerConnection;
window.heardMs = 0;
async function listen(line) {
  for (let before; !window.heardMs && line.connectionState !== "closed"; ) {
    const now = [...(await line.getStats()).values()].find((each) => each.type === "inbound-rtp");
    const lasted = (now?.totalSamplesDuration ?? 0) - (before?.totalSamplesDuration ?? 0);
    const energy = (now?.totalAudioEnergy ?? 0) - (before?.totalAudioEnergy ?? 0);
    if (before && lasted > 0 && energy / lasted > VOICE) window.heardMs = performance.now();
    before = now ?? before;
    await new Promise((settle) => setTimeout(settle, 20));
  }
}
window.RTCPeerConnection = class extends Line {
  constructor(...given) {
    super(...given);
    void listen(this);
  }
};
"""


async def talk_again(browser: Any) -> dict[str, object]:
    """Raises PbxUnavailable: the product did not come up, or the caller was not heard again."""
    house = dispatch.house()
    async with dispatch.house_at_work(house) as settings, telephones(settings, house) as carrier:
        instance = Instance(settings)
        page = await _desk(browser, instance)
        call = await carrier.dial(dispatch.OURS, CALLER, "a", record=False)
        await page.wait_for_selector("[data-pop]")
        await page.keyboard.press("F8")
        took_s = [await _heard_s(page)]
        for _ in range(TIMES):
            await asyncio.sleep(TALKS_S)
            await page.reload(wait_until="commit")
            took_s.append(await _heard_s(page))
        await call.hang_up()
    return told(took_s[1:])


async def _desk(browser: Any, instance: Instance) -> Any:
    """The agent at the one seat, with the browser as the phone."""
    wish: dict[str, object] = {"name": dispatch.AGENT, "role": "agent"}
    password = (await asyncio.to_thread(instance.post, "/users", wish))["password"]
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, permissions=["microphone"])
    await context.add_init_script(LISTENS)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
    await page.goto(f"{instance.url}/desk")
    await page.fill("input[name=name]", dispatch.AGENT)
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.select_option(".take-seat select", dispatch.SEAT)
    await page.click(".take-seat [type=submit]")
    await page.wait_for_selector("[data-line=ready]")
    return page


async def _heard_s(page: Any) -> float:
    """Seconds from this page's beginning until a voice was heard in it. Raises PbxUnavailable."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (heard_ms := float(await page.evaluate("window.heardMs ?? 0"))):  # noqa: ASYNC110 - a browser
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise PbxUnavailable(f"the caller was not heard within {PATIENCE_S:g} s") from error
    return heard_ms / 1000


def told(took_s: list[float]) -> dict[str, object]:
    return {
        "reload_to_voice_s": round(median(took_s), 2), "reload_to_voice_worst_s": round(max(took_s), 2),
        "reloads": len(took_s),
    }  # fmt: skip
