// A random name. crypto.randomUUID is there for pages over HTTPS or from this computer only; a screen on the wall may be neither.
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}
