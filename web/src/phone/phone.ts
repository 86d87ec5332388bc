// The browser's own phone: JsSIP over the PBX's WebSocket, one call at a time, in one tab of a browser.
import type { RTCSession } from "jssip/lib/RTCSession";
import type { UA } from "jssip/lib/UA";
import { computed, reactive, ref } from "vue";

import { measure, type Quality } from "./quality";
import { ring, silence } from "./ringing";

// One that does not register only calls: it needs no lock, since nothing rings it.
export type Account = { uri: string; password: string; socket: string; registers?: boolean };
export type Line = "off" | "elsewhere" | "no_microphone" | "connecting" | "ready" | "lost" | "refused";
export type Talk = "none" | "ringing" | "calling" | "talking";

const LOCK = "thirdring-phone";
const QUALITY_EVERY_MS = 2000;
const HEADSET = "thirdring.headset";

// A headset hears no loudspeaker: its voice is best left as it is.
export const hasHeadset = ref(localStorage.getItem(HEADSET) === "yes");
export function wearHeadset(worn: boolean): void {
  hasHeadset.value = worn;
  localStorage.setItem(HEADSET, worn ? "yes" : "no");
}

function microphoneOf(headset: boolean): MediaTrackConstraints {
  return { echoCancellation: !headset, noiseSuppression: !headset, autoGainControl: !headset };
}

// `isRegistering`: somebody's phone at the house, which can be rung; not one that only calls.
const state = reactive({ line: "off" as Line, talk: "none" as Talk, isMuted: false, isRegistering: false, quality: null as Quality | null, endedWhy: "" });
export const phone = computed(() => state);

let agent: UA | undefined;
let session: RTCSession | undefined;
let microphone: MediaStream | undefined;
let letGo: (() => void) | undefined;
let watching = 0;
const speaker = new Audio();
speaker.autoplay = true;

// Begin to be a phone. A second tab is told so, and becomes the phone only if its person wants it here.
export async function start(account: () => Promise<Account>, hereInstead = false, alone = true): Promise<void> {
  if (agent || state.line === "connecting") return;
  state.line = "connecting";
  if (alone && !(await only(hereInstead))) return void (state.line = "elsewhere");
  // Pages that come neither over HTTPS nor from this computer have no microphone at all.
  microphone = await navigator.mediaDevices?.getUserMedia({ audio: microphoneOf(hasHeadset.value) }).catch(() => undefined);
  if (!microphone) return stop("no_microphone");
  try {
    await register(await account());
  } catch (error) {
    stop("refused");
    throw error;
  }
}

// One tab at a time holds the lock; taking it from another tab ends the phone there.
function only(steal: boolean): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((settle) => {
    const options = steal ? { steal: true } : { ifAvailable: true };
    const held = navigator.locks.request(LOCK, options, (lock) => {
      settle(lock !== null);
      return lock === null ? undefined : new Promise<void>((free) => (letGo = free));
    });
    held.catch(() => stop("elsewhere")); // another tab took it
  });
}

async function register(account: Account): Promise<void> {
  const { default: JsSIP } = await import("jssip");
  state.isRegistering = account.registers ?? true;
  agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(account.socket)],
    uri: account.uri,
    password: account.password,
    register: state.isRegistering,
    session_timers: false,
    register_expires: 120,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 8,
  });
  agent.on("connected", () => !state.isRegistering && (state.line = "ready"));
  agent.on("registered", () => (state.line = "ready"));
  agent.on("unregistered", () => state.line === "ready" && (state.line = "lost"));
  agent.on("disconnected", () => agent && (state.line = "lost"));
  agent.on("registrationFailed", () => (state.line = "refused"));
  agent.on("newRTCSession", ({ session: made }: { session: RTCSession }) => hold(made));
  agent.start();
}

function hold(made: RTCSession): void {
  if (session) return void made.terminate({ status_code: 486 });
  session = made;
  state.talk = made.direction === "incoming" ? "ringing" : "calling";
  if (made.direction === "incoming") ring();
  made.on("peerconnection", ({ peerconnection }: { peerconnection: RTCPeerConnection }) => listen(peerconnection));
  if (made.connection) listen(made.connection);
  made.on("confirmed", confirmed);
  made.on("ended", (event: { cause?: string }) => over(event.cause));
  made.on("failed", (event: { cause?: string }) => over(event.cause));
}

function listen(connection: RTCPeerConnection): void {
  connection.addEventListener("track", ({ track }) => {
    speaker.srcObject = new MediaStream([track]);
    void speaker.play().catch(() => {});
  });
}

function confirmed(): void {
  silence();
  [state.talk, state.isMuted] = ["talking", false];
  watching = window.setInterval(async () => {
    if (session?.connection) state.quality = await measure(session.connection);
  }, QUALITY_EVERY_MS);
}

function over(why = ""): void {
  silence();
  clearInterval(watching);
  session = undefined;
  [state.talk, state.isMuted, state.quality, state.endedWhy] = ["none", false, null, why];
}

export function answer(): void {
  if (session && state.talk === "ringing" && microphone) session.answer({ mediaStream: microphone });
}

export function hangUp(): void {
  if (session && !session.isEnded()) session.terminate();
}

export function call(number: string): void {
  if (agent && microphone && !session) agent.call(number, { mediaStream: microphone });
}

export function mute(wanted: boolean): void {
  if (wanted) session?.mute({ audio: true });
  else session?.unmute({ audio: true });
  state.isMuted = wanted;
}

export function press(key: string): void {
  session?.sendDTMF(key, { transportType: "RFC2833" as never, duration: 120, interToneGap: 120 });
}

export function stop(line: Line = "off"): void {
  hangUp();
  agent?.stop();
  agent = undefined;
  microphone?.getTracks().forEach((track) => track.stop());
  microphone = undefined;
  letGo?.();
  letGo = undefined;
  over();
  [state.line, state.isRegistering] = [line, false];
}

export const stream = (): MediaStream | undefined => microphone;
