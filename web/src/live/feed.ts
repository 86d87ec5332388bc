// The live feed: one WebSocket that reconnects and resumes, and the document it keeps current.
import { merged, type Document } from "./patch";

const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 12_000; // the server beats every 5 s
const SIGN_IN_AGAIN = 4401;

const retryMs = (tried: number): number => RETRY_MS[Math.min(tried, RETRY_MS.length - 1)] ?? 8000;
export const pause = (tried: number): Promise<void> => new Promise((over) => setTimeout(over, retryMs(tried)));

export type Phone = "none" | "ready" | "talking";
export type Place = { epoch: string; sequence: number };
export type Frame = {
  snapshot?: Document;
  diff?: Document;
  heartbeat?: { utc_s: number };
  pop?: Document | null;
  messages?: Document[];
  epoch?: string;
  sequence?: number;
};
type Told = {
  onBoard: (board: Document) => void;
  onPop: (pop: Document | null) => void;
  onMessages: (messages: Document[]) => void;
  onOpen: (open: boolean) => void;
  onSignedOut: () => void;
};

export class Feed {
  private board: Document | null = null;
  private place: Place | null = null;
  private socket: WebSocket | undefined;
  private timer = 0;
  private attempt = 0;
  private isOpen = false;
  private topics: string[] = [];
  private phone: Phone = "none";

  constructor(private readonly told: Told, private readonly isSignedIn: () => Promise<boolean>) {
    // The browser knows a lost network before the silence does, and when to try again at once.
    window.addEventListener("offline", () => this.socket?.close());
    window.addEventListener("online", () => this.topics.length && this.socket?.readyState === WebSocket.CLOSED && this.again(0));
  }

  // What is wanted of the floor; docs/guides/desktop.md lists the topics.
  start(topics: string[]): void {
    if (this.topics.length) return;
    this.topics = topics;
    this.connect();
  }

  stop(): void {
    this.topics = [];
    clearTimeout(this.timer);
    this.socket?.close();
    this.board = this.place = null;
    this.told.onOpen(false);
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`));
    const resume = this.place ? { resume: this.place } : {};
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: this.topics, ...resume }));
    socket.onmessage = (event) => socket === this.socket && this.take(JSON.parse(event.data) as Frame);
    socket.onclose = (event) => socket === this.socket && void this.lost(socket, event.code);
    this.watch();
  }

  private take(frame: Frame): void {
    const first = !this.isOpen;
    [this.attempt, this.isOpen] = [0, true];
    this.told.onOpen(true);
    this.watch();
    if (frame.heartbeat || first) this.sign();
    if (frame.pop !== undefined) this.told.onPop(frame.pop);
    if (frame.messages) this.told.onMessages(frame.messages);
    if (frame.epoch === undefined || frame.sequence === undefined) return;
    if (frame.diff && !this.leadsOn(frame.epoch, frame.sequence)) return this.startOver();
    this.board = frame.snapshot ?? merged(this.board ?? {}, frame.diff ?? {});
    this.place = { epoch: frame.epoch, sequence: frame.sequence };
    this.told.onBoard(this.board);
  }

  // What the phone in this window does: if it goes out of sight in a talk, its caller is looked after.
  tell(phone: Phone): void {
    if (phone === this.phone) return;
    this.phone = phone;
    if (this.isOpen) this.sign();
  }

  // A sign of life of ours.
  private sign(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ phone: this.phone }));
  }

  // Numbers of the whole floor have no gaps within an epoch; a gap means that a frame was lost, and nothing after it can
  // be believed. Of a part only the frames that concern it come.
  private leadsOn(epoch: string, sequence: number): boolean {
    if (this.place?.epoch !== epoch) return false;
    return this.topics.includes("floor") ? sequence === this.place.sequence + 1 : sequence > this.place.sequence;
  }

  private startOver(): void {
    this.place = null;
    this.socket?.close();
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  private async lost(socket: WebSocket, code: number): Promise<void> {
    clearTimeout(this.timer);
    if (!this.topics.length) return;
    this.isOpen = false;
    this.told.onOpen(false);
    // A refused handshake looks like a lost connection; only the session itself tells.
    const isOver = code === SIGN_IN_AGAIN || !(await this.isSignedIn());
    if (socket !== this.socket || !this.topics.length) return; // somebody has signed out, or in again, meanwhile
    if (isOver) return this.told.onSignedOut();
    this.again(retryMs(this.attempt++) * (0.75 + Math.random() / 2));
  }

  private again(waitMs: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.topics.length && this.connect(), waitMs);
  }
}
