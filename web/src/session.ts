// Who is signed in at this browser, and what they may do.
import { computed, reactive, ref } from "vue";

import { call, get, nextVisit, post, ProblemError, thisVisit, whenSignedOut } from "./api/client";
import { show, showOpen } from "./live/board";
import { Feed, pause, type Phone } from "./live/feed";
import { showMessages } from "./live/messages";
import { showPop } from "./live/pop";
import { inWords } from "./parts/action";
import { say } from "./parts/said";
import { phone, stop } from "./phone/phone";
import { t } from "./words";

export type Right =
  | "see_floor" | "see_wall" | "see_own_calls" | "see_calls" | "serve" | "lead" | "edit_house" | "hear_recordings"
  | "keep_recordings" | "manage_people" | "see_numbers" | "listen" | "whisper"
  | "barge_in" | "take_over";
// `withheld`: given when one has a second factor. `team`: whom a leader leads; null is everybody.
export type Session = { person: string; role: string; rights: Right[]; withheld: Right[]; team: string[] | null };

const state = reactive<{ current: Session | null }>({ current: null });

export const session = computed(() => state.current);
export const may = (right: Right): boolean => state.current?.rights.includes(right) ?? false;

export const leads = (agent: string): boolean => may("lead") && (state.current?.team?.includes(agent) ?? true);

const feed = new Feed({ onBoard: show, onPop: showPop, onMessages: showMessages, onOpen: showOpen, onSignedOut: ended }, stillSignedIn);
whenSignedOut(ended);

export const tellPhone = (phone: Phone): void => feed.tell(phone);
export const isTalking = (): boolean => phone.value.talk === "talking";

async function stillSignedIn(): Promise<boolean> {
  const answer = await fetch("/api/v1/sessions/current").catch(() => null);
  return answer === null || answer.status !== 401; // no answer: the server is away, not we
}

// A session that ends by itself leaves its person's phone alone, and a talk on it: they sign in again and go on.
let phoneOf = "";
function welcome(current: Session): void {
  if (phoneOf && phoneOf !== current.person) stop();
  phoneOf = current.person;
  [state.current, endedOf.value] = [current, ""];
  if (may("see_floor")) feed.start(may("serve") ? ["floor", "pops"] : ["floor"]);
  else if (may("see_wall")) feed.start(["wall"]);
}

// Whose session has ended by itself: the door says so, and knows the name.
export const endedOf = ref("");
function ended(): void {
  endedOf.value = state.current?.person ?? endedOf.value;
  forget();
}

function forget(): void {
  nextVisit();
  feed.stop();
  show(null);
  showPop(null);
  showMessages([]);
  state.current = null;
}

// A screen on the wall is opened once with /wall#token=…: behind the # it is sent to no server and written to no log. The
// router takes it out of the address.
export const TOKEN = "#token=";
async function hangUpScreen(): Promise<void> {
  const token = location.hash.startsWith(TOKEN) ? location.hash.slice(TOKEN.length) : "";
  if (!token || (await stillSignedIn())) return; // whoever tries the address at their own desk stays who they are
  await post("/sessions/display", { token }).catch(() => {});
}

// Who is signed in. A server that is away or being started does not say that nobody is: it is asked until it answers, or
// until somebody has signed in or out meanwhile.
export async function look(): Promise<void> {
  await hangUpScreen();
  const asked = thisVisit();
  for (let tried = 0; asked === thisVisit(); tried++) {
    try {
      const current = await get<Session>("/sessions/current");
      if (asked === thisVisit()) welcome(current);
      return;
    } catch (error) {
      if (asked !== thisVisit()) return;
      if (!(error instanceof ProblemError) || !error.isPassing) return forget();
    }
    await pause(tried);
  }
}

export async function signIn(name: string, password: string, code: string): Promise<void> {
  const current = await post<Session>("/sessions", { name, password, code });
  nextVisit();
  welcome(current);
}

// Whoever goes is nobody's phone any more, so a talk is ended first, by its own button.
export async function signOut(mayGo = (): boolean => true): Promise<void> {
  if (isTalking()) return say(t("app.inTalk"));
  if (!mayGo()) return;
  const asked = thisVisit();
  try {
    await call("DELETE", "/sessions/current");
  } catch (error) {
    // Not signed out at a server that is away: whoever opens the page next would be they.
    if (!(error instanceof ProblemError) || error.status !== 401) return say(inWords(error));
  }
  if (asked === thisVisit()) forget();
  if (!state.current) stop();
}
