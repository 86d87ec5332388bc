// My screen pop: what is known of the call that is mine, from the offer to the end of the wrap-up.
import { shallowRef } from "vue";

import { call } from "../api/client";
import type { components } from "../api/schema";
import { freshId } from "../parts/fresh-id";
import type { Document } from "./patch";

export type Pop = components["schemas"]["Pop"];

const KEPT = "thirdring.desktop";
const kept = sessionStorage.getItem(KEPT);
// This window's own name, kept over a reload: of several windows, one shows the pop.
export const desktop = kept ?? freshId();
sessionStorage.setItem(KEPT, desktop);

export const pop = shallowRef<Pop | null>(null);

export function showPop(told: Document | null): void {
  pop.value = told as unknown as Pop | null;
}

// Say that this window shows it; where the house wants that, the phone rings only then.
export async function claim(shown: Pop, hereInstead = false): Promise<void> {
  const body = { pop: shown.id, desktop, here_instead: hereInstead };
  await call("PUT", `/agents/${shown.agent}/pop`, { body });
}
