// How a call sounds, from what the browser measures of it. Bounds follow ITU-T G.114 (delay) and G.113 (loss).
export type Quality = "good" | "fair" | "poor";

type Counts = { received: number; lost: number };
let before: Counts = { received: 0, lost: 0 };

export function judged(loss: number, jitterS: number, roundTripS: number): Quality {
  if (loss > 0.05 || jitterS > 0.06 || roundTripS > 0.4) return "poor";
  return loss > 0.01 || jitterS > 0.03 || roundTripS > 0.2 ? "fair" : "good";
}

export async function measure(connection: RTCPeerConnection): Promise<Quality | null> {
  let [now, jitterS, roundTripS]: [Counts | null, number, number] = [null, 0, 0];
  for (const each of (await connection.getStats()).values()) {
    if (each.type === "inbound-rtp" && each.kind === "audio") {
      now = { received: each.packetsReceived ?? 0, lost: Math.max(0, each.packetsLost ?? 0) };
      jitterS = each.jitter ?? 0;
    }
    if (each.type === "remote-inbound-rtp") roundTripS = each.roundTripTime ?? 0;
  }
  if (!now) return null;
  const [lost, received] = [Math.max(0, now.lost - before.lost), Math.max(0, now.received - before.received)];
  before = now;
  return received + lost ? judged(lost / (received + lost), jitterS, roundTripS) : "poor";
}
