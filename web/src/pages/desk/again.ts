// A page that is loaded in mid-call has no line any more, but the caller is still there: we have ourselves rung for the
// same call (a transfer to oneself; the caller hears music) and answer at once.
import { computed, ref, watch } from "vue";

import { post } from "../../api/client";
import { entry, type Agent } from "../../live/board";
import { answer, phone } from "../../phone/phone";
import { usesBrowser } from "./own-phone";

// Only the first look after loading decides: later, a talk without a line is one that was just hung up.
let fresh = true;
// A window that was gone for some seconds finds its caller on hold (api/phone_windows.py). The line of a call that we make,
// or of a talk with a colleague in it, went with the page: asked for it, the server ends that line, and whoever else is there
// is told, or goes on. So a page asks only for a talk in which this browser was the phone; a second browser finds one that
// goes on in the first.
const HAS_CALLER = ["talking", "holding", "dialling", "consulting"];
const LAST = "thirdring.last-call";

const isAsked = ref(false);
export const isComingBack = computed(() => isAsked.value);

export function followTalk(agent: () => Agent | undefined): void {
  const call = computed(() => entry("seat", agent()?.seat)?.call);
  const goesWithPage = computed(() => entry("outbound", call.value) ?? entry("call", call.value)?.consult);
  const isOurs = computed(() => !goesWithPage.value || localStorage.getItem(LAST) === call.value);
  const isLost = computed(
    () => isOurs.value && usesBrowser.value && HAS_CALLER.includes(agent()?.state ?? "") && phone.value.line === "ready" && phone.value.talk === "none",
  );
  const isReachable = computed(() => entry("seat", agent()?.seat)?.reachable ?? false);

  watch(
    [isLost, isReachable],
    async ([lost, reachable]) => {
      if (!fresh || !lost || !reachable) return;
      [fresh, isAsked.value] = [false, true];
      await post(`/agents/${agent()?.id}/transfer`, { agent: agent()?.id }).catch(() => (isAsked.value = false));
    },
    { immediate: true },
  );
  watch([call, () => phone.value.talk], ([id, talk]) => id && talk !== "none" && localStorage.setItem(LAST, id));
  watch(
    () => phone.value.talk,
    (talk) => {
      if (talk === "ringing" && isAsked.value) answer();
      if (talk === "talking") [fresh, isAsked.value] = [false, false];
    },
  );
  watch(
    () => agent()?.state,
    (state) => state !== undefined && !HAS_CALLER.includes(state) && (fresh = false),
    { immediate: true },
  );
}
