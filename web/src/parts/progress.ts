// Long computing at the server, and how far it is.
import { onBeforeUnmount, ref, type Ref } from "vue";

import { get } from "../api/client";
import type { components } from "../api/schema";

export type Progress = components["schemas"]["ProgressShown"] & { sinceS: number };
const EVERY_MS = 1000;

// `during` runs the work and keeps `progress` up to date meanwhile, from this path.
export function useProgress(path: string): { progress: Ref<Progress | undefined>; during: <T>(work: Promise<T>) => Promise<T> } {
  const progress = ref<Progress>();
  let timer = 0;
  const stop = (): void => clearInterval(timer);
  onBeforeUnmount(stop);

  async function during<T>(work: Promise<T>): Promise<T> {
    const began = performance.now();
    progress.value = { asked: 1, share: null, sinceS: 0 };
    const look = async (): Promise<void> => {
      const told = await get<components["schemas"]["ProgressShown"]>(path).catch(() => progress.value);
      if (progress.value && told) progress.value = { asked: told.asked, share: told.share ?? null, sinceS: (performance.now() - began) / 1000 };
    };
    timer = window.setInterval(look, EVERY_MS);
    try {
      return await work;
    } finally {
      stop();
      progress.value = undefined;
    }
  }
  return { progress, during };
}
