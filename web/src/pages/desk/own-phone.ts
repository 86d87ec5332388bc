// Whether this browser is the agent's phone, and what it registers with.
import { ref } from "vue";

import { post } from "../../api/client";
import { phone, start, type Account } from "../../phone/phone";

const KEPT = "thirdring.phone";
export const usesBrowser = ref(localStorage.getItem(KEPT) !== "desk");

export function chooseBrowser(wanted: boolean): void {
  usesBrowser.value = wanted;
  localStorage.setItem(KEPT, wanted ? "browser" : "desk");
}

// A new password each time, good until the next one or the sign-out.
const account = (agent: string): Promise<Account> => post<Account>(`/agents/${agent}/phone`);

// A window that was the phone is it again after a reload, whatever page is open.
const WAS = "thirdring.isPhone";
export async function beginPhone(agent: string, hereInstead = false): Promise<void> {
  await start(() => account(agent), hereInstead);
  sessionStorage.setItem(WAS, agent);
}
export function comeBack(agent: string): void {
  if (usesBrowser.value && sessionStorage.getItem(WAS) === agent && phone.value.line === "off") void beginPhone(agent).catch(() => {}); // the desk says why not
}
