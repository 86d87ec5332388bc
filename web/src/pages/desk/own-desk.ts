// What of the desk goes on whatever page is open: the phone of this window and what the engine hears of it, a ring, a talk that
// is come back to, notes that are not saved yet.
import { computed, watch } from "vue";

import { entry, isThere } from "../../live/board";
import { claim, pop } from "../../live/pop";
import { stateOf } from "../../parts/states";
import { answer, phone, stop } from "../../phone/phone";
import { session, tellPhone } from "../../session";
import { followTalk } from "./again";
import { callOfSeat, ringOnScreen } from "./desk";
import { goOn } from "./note";
import { comeBack } from "./own-phone";

export const me = computed(() => entry("agent", session.value?.person));
export const isSignedIn = computed(() => me.value !== undefined && stateOf(me.value) !== "signed_out");
const call = computed(() => callOfSeat(entry("seat", me.value?.seat)));
// A visitor's phone of the demo is nobody's at the house.
const isPhone = computed(() => phone.value.isRegistering && phone.value.line === "ready");

export function keepDesk(): void {
  watch(() => session.value?.person, (person) => person && goOn(person), { immediate: true });
  watch(() => (!phone.value.isRegistering ? "none" : phone.value.talk === "talking" ? "talking" : isPhone.value ? "ready" : "none"), tellPhone, { immediate: true });
  watch(() => me.value?.state, (state) => ringOnScreen(state === "ringing", call.value));
  watch(isSignedIn, (signedIn, before) => {
    if (signedIn && me.value) return comeBack(me.value.id);
    if (before && isThere.value) stop();
  });
  // What rings at this window is shown by it, unless another one does: where the house wants that, it rings only then.
  watch([pop, isPhone], ([told]) => told && isPhone.value && !told.desktop && void claim(told).catch(() => {}));
  followTalk(() => me.value);
  window.addEventListener("keydown", (event) => event.key === "F8" && phone.value.isRegistering && phone.value.talk === "ringing" && answer());
  // A talk would be cut by a tab that is closed by mistake.
  window.addEventListener("beforeunload", (event) => phone.value.talk === "talking" && event.preventDefault());
}
