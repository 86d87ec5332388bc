// What I write about a call. Every key is in this browser at once and at the server two seconds later, so that neither
// a reload nor a lost network nor an expired session takes it: what the server does not have yet is tried again.
import { reactive } from "vue";

import { call as ask, ProblemError } from "../../api/client";
import type { Pop } from "../../live/pop";
import { inWords } from "../../parts/action";

export const SAVE_EVERY_MS = 2000;
const KEPT = "thirdring.notes";
export type Text = { text: string; code: string; tags: string[] };
// `typed` counts the changes, `saved` is the count that the server has.
export type Note = Text & { agent: string; call: string; typed: number; saved: number; problem: string };

const notes = reactive<Record<string, Note>>(kept());
let timer = 0;
let isSending = false;

function kept(): Record<string, Note> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, Note>;
  } catch {
    return {};
  }
}

// Only what the server lacks has to outlive this page.
function keep(): void {
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(Object.entries(notes).filter(([, note]) => isOpen(note)))));
}

export const isOpen = (note: Note): boolean => note.typed > note.saved;

// The note of this pop's call: mine if it was not saved yet, else what the server knows.
export function noteOf(pop: Pop): Note {
  const key = `${pop.agent} ${pop.call}`;
  const told: Text = pop.note ?? { text: "", code: "", tags: [] };
  notes[key] ??= { ...told, tags: [...told.tags], agent: pop.agent, call: pop.call, typed: 0, saved: 0, problem: "" };
  return notes[key];
}

export function write(note: Note, news: Partial<Text>): void {
  Object.assign(note, news, { typed: note.typed + 1, problem: "" });
  keep();
  later();
}

// Begin with what an earlier page of this agent left unsaved. What somebody else left here is theirs to save.
let me = "";
export function goOn(agent: string): void {
  me = agent;
  for (const note of Object.values(notes)) note.problem = "";
  later(0);
}
window.addEventListener("online", () => later(0));

function later(waitMs = SAVE_EVERY_MS): void {
  if (timer && waitMs) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => void saveAll(), waitMs);
}

async function saveAll(): Promise<void> {
  timer = 0;
  if (isSending) return later();
  isSending = true;
  await Promise.all(due().map(save));
  isSending = false;
  keep();
  if (due().length) later();
}

const due = (): Note[] => Object.values(notes).filter((note) => isOpen(note) && !note.problem && note.agent === me);

// What the server refuses is said, and waits for the next change; what it could not be asked now is tried again.
async function save(note: Note): Promise<void> {
  const [typed, body] = [note.typed, { text: note.text, code: note.code, tags: note.tags }];
  try {
    await ask("PUT", `/agents/${note.agent}/calls/${note.call}/note`, { body });
    note.saved = typed;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (!error.isPassing) note.problem = inWords(error);
  }
}
