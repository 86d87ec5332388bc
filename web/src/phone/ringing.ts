// The ring in the agent's ear: China's ring back tone, 450 Hz, 1 s on and 4 s off, made here.
const [ON_S, CYCLE_MS, HZ, LOUD] = [1, 5000, 450, 0.12];
let context: AudioContext | undefined;
let timer = 0;

function once(): void {
  context ??= new AudioContext();
  const gain = new GainNode(context, { gain: LOUD });
  const tone = new OscillatorNode(context, { frequency: HZ });
  tone.connect(gain).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + ON_S);
}

export function ring(): void {
  silence();
  once();
  timer = window.setInterval(once, CYCLE_MS);
}

export function silence(): void {
  clearInterval(timer);
  void context?.close();
  context = undefined;
}
