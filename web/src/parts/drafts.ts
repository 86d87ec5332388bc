// What somebody typed and has not saved yet. It stays in this browser under their name until it is saved or dropped: over an
// ended session, a reload, another page, the end of a wrap-up.
import { reactive, toRaw, watch } from "vue";

import { session } from "../session";

const KEPT = "thirdring.draft/";
const LONGEST_MS = 7 * 86_400_000; // what nobody came back to by then is dropped: it tells of callers
type Kept = { value: unknown; atMs: number };

// The name of a draft of whoever is signed in.
export const mine = (name: string): string => `${KEPT}${session.value?.person ?? ""}/${name}`;

export class Drafts {
  private readonly all = reactive<Record<string, Kept>>({});

  constructor(private readonly place: Storage) {
    for (const key of Object.keys(place)) this.learn(key, place.getItem(key));
    // Another window of this browser typed, saved or dropped.
    window.addEventListener("storage", ({ storageArea, key, newValue }) => storageArea === place && key !== null && this.learn(key, newValue));
  }

  of<T>(key: string): T | undefined {
    const found = this.all[key];
    return found && (copy(toRaw(found).value) as T);
  }

  has(key: string): boolean {
    return key in this.all;
  }

  // Those whose names begin so, the newest first.
  keys(beginning: string): string[] {
    const found = Object.entries(this.all).filter(([key]) => key.startsWith(beginning));
    return found.sort(([, a], [, b]) => b.atMs - a.atMs).map(([key]) => key);
  }

  // One that says the same already stays as it is: windows that tell each other would never end.
  keep(key: string, value: unknown): void {
    const before = this.all[key];
    if (before && same(before.value, value)) return;
    this.all[key] = { value: copy(value), atMs: before?.atMs ?? Date.now() };
    try {
      this.place.setItem(key, JSON.stringify(this.all[key]));
    } catch {
      // The store is full: it stays as long as this page does.
    }
  }

  drop(key: string): void {
    delete this.all[key];
    this.place.removeItem(key);
  }

  private learn(key: string, text: string | null): void {
    if (!key.startsWith(KEPT)) return;
    const kept = text === null ? null : parsed(text);
    if (kept && kept.atMs > Date.now() - LONGEST_MS) return void (this.all[key] = kept);
    delete this.all[key];
    if (text !== null) this.place.removeItem(key);
  }
}

// Of forms about a call or a customer: any window of this browser may go on with them. Of an editor: its own window.
export const drafts = new Drafts(localStorage);
export const edits = new Drafts(sessionStorage);

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function parsed(text: string): Kept | null {
  try {
    return JSON.parse(text) as Kept;
  } catch {
    return null;
  }
}

// A form's fields as they were left, kept with each key while there is something in them.
export function useDraft<T extends object>(key: string, fresh: T, isBlank: (now: T) => boolean): T {
  const now = reactive({ ...fresh, ...drafts.of<T>(key) }) as T;
  watch(now, () => (isBlank(now) ? drafts.drop(key) : drafts.keep(key, now)), { deep: true });
  watch(() => drafts.of<T>(key), (kept) => {
    const told = kept ?? (isBlank(now) ? now : fresh);
    if (!same(told, now)) Object.assign(now, copy(told));
  });
  return now;
}
