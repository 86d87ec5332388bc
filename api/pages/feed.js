// The live feed: one WebSocket that reconnects and resumes, and the document it keeps current.
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 12000; // the server beats every 5 s

// JSON Merge Patch, RFC 7396.
export function merged(document, patch) {
  const result = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (typeof value === "object" && !Array.isArray(value)) {
      const below = result[key];
      result[key] = merged(below && typeof below === "object" && !Array.isArray(below) ? below : {}, value);
    } else result[key] = value;
  }
  return result;
}

export class Feed {
  constructor({ onChange, onSignedOut }) {
    this.onChange = onChange;
    this.onSignedOut = onSignedOut;
    this.board = null;
    this.place = null;
    this.open = false;
    this.updatedAt = performance.now(); // when the board's own clock last moved, on ours
    this.attempt = 0;
    this.wanted = false;
  }

  start() {
    this.wanted = true;
    this.connect();
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.socket?.close();
    this.board = this.place = null;
    this.open = false;
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`));
    socket.onopen = () => socket.send(JSON.stringify(this.place ? { resume: this.place } : {}));
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.socket && this.lost(event);
    this.watch();
  }

  take(frame) {
    this.open = true;
    this.attempt = 0;
    this.watch();
    if (frame.heartbeat) return this.onChange();
    const before = this.board?.clock?.boot_s;
    this.board = frame.snapshot ?? merged(this.board ?? {}, frame.diff);
    this.place = { epoch: frame.epoch, sequence: frame.sequence };
    if (this.board.clock?.boot_s !== before) this.updatedAt = performance.now();
    this.onChange();
  }

  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.socket.close(), SILENCE_MS);
  }

  async lost(event) {
    this.open = false;
    clearTimeout(this.timer);
    if (!this.wanted) return;
    this.onChange();
    if (event.code === 4401 || !(await this.stillSignedIn())) return this.onSignedOut();
    const wait = RETRY_MS[Math.min(this.attempt++, RETRY_MS.length - 1)];
    this.timer = setTimeout(() => this.wanted && this.connect(), wait);
  }

  // A refused handshake looks like a lost connection; only the session itself tells.
  async stillSignedIn() {
    try {
      return (await fetch("/api/v1/sessions/current")).status !== 401;
    } catch {
      return true; // the server is away, not we
    }
  }

  ageOfPicture() {
    return (performance.now() - this.updatedAt) / 1000;
  }

  // Seconds since a moment of the board, however wrong this computer's clock is.
  age(sinceBootS) {
    return Math.max(0, this.board.clock.boot_s - sinceBootS + this.ageOfPicture());
  }
}
