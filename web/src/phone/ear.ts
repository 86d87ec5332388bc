// Hearing a talk as it goes on (docs/listening.md): frames of 20 ms, the caller left, ours right.
import { reactive } from "vue";

const HEAD_BYTES = 8;
const [CALLER_SPEAKS, OURS_SPEAKS, TALK_OVER, SILENCED] = [1, 2, 4, 8];
const [BEHIND_S, MOST_BEHIND_S] = [0.08, 0.5];

export type Heard = {
  state: "connecting" | "hearing" | "over";
  why: string;
  callerDbfs: number;
  oursDbfs: number;
  callerSpeaks: boolean;
  oursSpeak: boolean;
  talkOver: boolean;
  silenced: boolean;
};

export class Ear {
  readonly heard = reactive<Heard>({ state: "connecting", why: "", callerDbfs: -120, oursDbfs: -120, callerSpeaks: false, oursSpeak: false, talkOver: false, silenced: false });
  private readonly context = new AudioContext();
  private readonly socket: WebSocket;
  private rateHz = 8000;
  private nextS = 0;

  constructor(call: string) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/api/v1/calls/${call}/listen`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.told(JSON.parse(data)) : this.frame(data as ArrayBuffer));
    this.socket.onclose = () => (this.heard.state = "over");
  }

  close(): void {
    this.socket.close();
    void this.context.close();
  }

  private told(message: { refused?: { why: string }; listening?: { rate_hz: number }; over?: { why: string } }): void {
    if (message.listening) [this.rateHz, this.heard.state] = [message.listening.rate_hz, "hearing"];
    if (message.refused) this.heard.why = message.refused.why;
  }

  private frame(data: ArrayBuffer): void {
    const head = new DataView(data);
    const marks = head.getUint8(6);
    Object.assign(this.heard, {
      callerDbfs: head.getInt8(4), oursDbfs: head.getInt8(5), callerSpeaks: (marks & CALLER_SPEAKS) > 0,
      oursSpeak: (marks & OURS_SPEAKS) > 0, talkOver: (marks & TALK_OVER) > 0, silenced: (marks & SILENCED) > 0,
    });
    this.play(new Int16Array(data, HEAD_BYTES));
  }

  // Frames are played one after the other, a little behind; what is too late is left out.
  private play(samples: Int16Array): void {
    const now = this.context.currentTime;
    if (this.nextS > now + MOST_BEHIND_S) return;
    if (this.nextS < now) this.nextS = now + BEHIND_S;
    const buffer = new AudioBuffer({ numberOfChannels: 2, length: samples.length / 2, sampleRate: this.rateHz });
    for (const side of [0, 1]) {
      const channel = buffer.getChannelData(side);
      for (let place = 0; place < channel.length; place++) channel[place] = (samples[2 * place + side] ?? 0) / 32768;
    }
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    source.start(this.nextS);
    this.nextS += buffer.duration;
  }
}
