// A file that the server has to make first: how long it has been at it is shown, a refusal comes in words, and what came is
// kept by the browser as any download.
import { onBeforeUnmount, ref, type Ref } from "vue";

import { call } from "../api/client";
import type { Progress } from "./progress";

const EVERY_MS = 500;

export function useFile(): { progress: Ref<Progress | undefined>; take: (path: string, query: Record<string, string>) => Promise<void> } {
  const progress = ref<Progress>();
  let timer = 0;
  const stop = (): void => clearInterval(timer);
  onBeforeUnmount(stop);

  async function take(path: string, query: Record<string, string>): Promise<void> {
    const began = performance.now();
    const tell = (): void => void (progress.value = { asked: 1, share: null, sinceS: (performance.now() - began) / 1000 });
    timer = window.setInterval(tell, EVERY_MS);
    tell();
    try {
      const answer = await call("GET", path, { query });
      keep(await answer.blob(), /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "");
    } finally {
      stop();
      progress.value = undefined;
    }
  }
  return { progress, take };
}

function keep(content: Blob, name: string): void {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}
