// Every line the page opens is kept, so that a test can hear what arrives on it.
const Line = window.RTCPeerConnection;
window.lines = [];
window.RTCPeerConnection = class extends Line {
  constructor(...given) {
    super(...given);
    window.lines.push(this);
  }
};

// Level (dBFS) and pitch (Hz) of what arrives on the newest line during one second.
window.heard = async () => {
  const line = window.lines.at(-1);
  const inbound = async () => {
    for (;;) {
      const found = [...(await line.getStats()).values()].find((each) => each.type === "inbound-rtp");
      if (found?.totalAudioEnergy > 0) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const stream = new MediaStream(line.getReceivers().map((each) => each.track));
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const before = await inbound();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = await inbound();
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  const peak = spectrum.indexOf(Math.max(...spectrum));
  const energy = after.totalAudioEnergy - before.totalAudioEnergy;
  const lasted = after.totalSamplesDuration - before.totalSamplesDuration;
  return { dbfs: 10 * Math.log10(energy / lasted), hz: (peak * context.sampleRate) / analyser.fftSize };
};
