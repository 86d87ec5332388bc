// Whether this browser is the agent's phone, and what it registers with.
import { ref } from "vue";

import { post } from "../../api/client";
import type { Account } from "../../phone/phone";

const KEPT = "thirdring.phone";
export const usesBrowser = ref(localStorage.getItem(KEPT) !== "desk");

export function chooseBrowser(wanted: boolean): void {
  usesBrowser.value = wanted;
  localStorage.setItem(KEPT, wanted ? "browser" : "desk");
}

// A new password each time, good until the next one or the sign-out.
export const account = (agent: string): Promise<Account> => post<Account>(`/agents/${agent}/phone`);
