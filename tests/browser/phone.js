// A browser phone for tests: JsSIP, and what the browser itself measures of a call.
const JsSIP = require("jssip");

const UNTOUCHED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const MEDIA = { mediaConstraints: { audio: UNTOUCHED, video: false } };
const MEASURED_MS = 1000;

const happened = (source, good, ...bad) =>
  new Promise((resolve, reject) => {
    source.once(good, resolve);
    for (const name of bad) source.once(name, (event) => reject(new Error(`${name}: ${event?.cause ?? ""}`)));
  });

let agent;
let session;
let over;

function hold(made) {
  session = made;
  over = happened(made, "ended");
  over.catch(() => {});
}

// Resolves when the registrar has said 200 OK.
async function register({ socket, uri, password }) {
  agent = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(socket)], uri, password, session_timers: false });
  const registered = happened(agent, "registered", "registrationFailed");
  agent.start();
  await registered;
}

// Picks up the next call; resolves when it stands. Returned at once is only that we wait for it.
function awaitCall() {
  window.answered = new Promise((resolve, reject) => {
    agent.once("newRTCSession", ({ session: made }) => {
      hold(made);
      happened(made, "confirmed", "failed").then(() => resolve(), reject);
      made.answer(MEDIA);
    });
  });
  window.answered.catch(() => {});
}

async function call(number) {
  const made = agent.call(number, MEDIA);
  hold(made);
  await happened(made, "confirmed", "failed");
}

const descriptions = () => ({
  local: session.connection.localDescription.sdp,
  remote: session.connection.remoteDescription.sdp,
});

// The browser's counters of received voice; they exist from the first packet on, which has no event.
async function inbound() {
  for (;;) {
    const stats = [...(await session.connection.getStats()).values()];
    const found = stats.find((each) => each.type === "inbound-rtp" && each.kind === "audio");
    if (found?.totalAudioEnergy > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Level (dBFS) and pitch (Hz) of what arrives during one second; the codec's name.
async function heard() {
  const stream = new MediaStream(session.connection.getReceivers().map((each) => each.track));
  const player = Object.assign(new Audio(), { srcObject: stream }); // else neither WebAudio nor the statistics get any
  await player.play();
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const before = await inbound();
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
  const after = await inbound();
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  const peak = spectrum.indexOf(Math.max(...spectrum));
  const power =
    (after.totalAudioEnergy - before.totalAudioEnergy) / (after.totalSamplesDuration - before.totalSamplesDuration);
  const codec = (await session.connection.getStats()).get(after.codecId);
  return {
    dbfs: 10 * Math.log10(power),
    hz: (peak * context.sampleRate) / analyser.fftSize,
    codec: codec.mimeType,
  };
}

const press = (keys) => session.sendDTMF(keys, { transportType: "RFC2833", duration: 120, interToneGap: 120 });

async function hangUp() {
  session.terminate();
  await over;
}

window.phone = { register, awaitCall, call, descriptions, heard, press, hangUp, over: () => over };
