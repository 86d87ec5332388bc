// How loud the microphone is, from 0 to 1, for the device test.
import { onBeforeUnmount, ref, type Ref } from "vue";

export function useLevel(stream: () => MediaStream | undefined): { level: Ref<number>; listen: () => void } {
  const level = ref(0);
  let context: AudioContext | undefined;
  let frame = 0;

  function listen(): void {
    const source = stream();
    if (!source || context) return;
    context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(source).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = (): void => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      level.value = Math.min(1, Math.sqrt(power) * 4);
      frame = window.setTimeout(look, 100);
    };
    look();
  }

  onBeforeUnmount(() => {
    clearTimeout(frame);
    void context?.close();
  });
  return { level, listen };
}
