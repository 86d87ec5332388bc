// A page's own part comes when it is opened. One that cannot be fetched (the server is away, or has another build by now)
// is late: its address is opened anew as soon as the server answers, since only the parts of one build fit each other.
import { ref } from "vue";
import type { Router } from "vue-router";

import { pause } from "./live/feed";
import { say } from "./parts/said";
import { isTalking, look } from "./session";
import { t } from "./words";

const TRIED = "thirdring.late"; // how often in a row, over the reloads

export const isLate = ref(false);

export function openLatePages(router: Router): void {
  router.onError((_, to) => (isTalking() ? say(t("app.notNow")) : void openAnew(to.fullPath)));
  router.afterEach((_to, _from, failure) => void (failure ?? arrived()));
}

function arrived(): void {
  isLate.value = false;
  sessionStorage.removeItem(TRIED);
}

async function openAnew(address: string): Promise<void> {
  isLate.value = true;
  const tried = Number(sessionStorage.getItem(TRIED) ?? 0);
  sessionStorage.setItem(TRIED, String(tried + 1));
  await pause(tried);
  await look();
  // Whoever opened another page meanwhile has what they wanted, and a talk that began meanwhile is not cut for a page.
  if (isLate.value && !isTalking()) location.assign(address);
}
