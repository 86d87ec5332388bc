// Requests to our own API. Whatever goes wrong comes out as a ProblemError (RFC 9457).
import { freshId } from "../parts/fresh-id";

export type FieldProblem = { field: string; problem: string };

export const UNREACHABLE = 0;

export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: FieldProblem[] = [],
  ) {
    super(detail);
  }

  // The same may be granted later: the network, the server or the session is away.
  get isPassing(): boolean {
    return this.status === UNREACHABLE || this.status === 401 || this.status >= 500;
  }

  // What is wrong with one field of the body, or with an entry of it, by its name there.
  of(field: string): string {
    return this.errors.find((each) => `${each.field}.`.startsWith(`body.${field}.`))?.problem ?? "";
  }
}

let onSignedOut = (): void => {};
export const whenSignedOut = (told: () => void): void => void (onSignedOut = told);

// Counts whoever comes and goes: an answer to what was asked before says nothing of whoever is here now.
let visit = 0;
export const thisVisit = (): number => visit;
export const nextVisit = (): number => ++visit;

type Sent = { body?: unknown; file?: Blob; headers?: Record<string, string>; query?: Record<string, string | number | undefined> };

// What was asked and not answered may have been done: asked again within this time it has the same key, and is done once.
const SAME_MS = 120_000;
const unanswered = new Map<string, { key: string; atMs: number }>();
const QUESTION = /\/(changes|check|try|twin)$/; // computes only

function keyOf(asked: string): string {
  const before = unanswered.get(asked);
  if (before && performance.now() - before.atMs < SAME_MS) return before.key;
  const key = freshId();
  unanswered.set(asked, { key, atMs: performance.now() });
  return key;
}

export async function call(method: string, path: string, sent: Sent = {}): Promise<Response> {
  const headers: Record<string, string> = { ...sent.headers };
  if (sent.body !== undefined) headers["Content-Type"] = "application/json";
  if (sent.file) headers["Content-Type"] = sent.file.type || "application/octet-stream";
  const body = sent.file ?? (sent.body === undefined ? null : JSON.stringify(sent.body));
  const place = `/api/v1${path}${queryOf(sent.query)}`;
  const deed = method === "POST" && !sent.file && !QUESTION.test(path) ? `${place} ${String(body)}` : "";
  if (deed) headers["Idempotency-Key"] = keyOf(deed);
  const asked = thisVisit();
  const answer = await fetch(place, { method, headers, body }).catch(() => null);
  if (answer && answer.status < 500) unanswered.delete(deed);
  if (answer === null) throw new ProblemError(UNREACHABLE, "");
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== "/sessions" && asked === thisVisit()) onSignedOut();
  throw await problemOf(answer);
}

export const get = async <T>(path: string, query?: Sent["query"]): Promise<T> =>
  (await (await call("GET", path, query ? { query } : {})).json()) as T;

export async function post<T = unknown>(path: string, body?: unknown, query?: Sent["query"]): Promise<T> {
  const sent = { ...(body === undefined ? {} : { body }), ...(query ? { query } : {}) };
  const answer = await call("POST", path, sent);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

// A file as the body, as it is.
export async function upload<T>(path: string, file: Blob): Promise<T> {
  return (await (await call("PUT", path, { file })).json()) as T;
}

function queryOf(query: Sent["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}` : "";
}

async function problemOf(answer: Response): Promise<ProblemError> {
  const said = (await answer.json().catch(() => ({}))) as { detail?: string; errors?: FieldProblem[] };
  return new ProblemError(answer.status, said.detail ?? "", said.errors ?? []);
}
