// What the engine and the API refuse, in Chinese. Their English sentence is the key, `{}` where something is filled in
// (refusals.json; a test holds it to the sentences of the code). One that is not there is shown as it came.
import { language } from ".";

type Known = { pattern: RegExp; said: string };
let known: Known[] = [];

// The list is fetched when the first page has been shown.
export async function learnRefusals(): Promise<void> {
  const { default: told } = await import("./refusals.json");
  known = Object.entries(told).map(([sentence, said]) => ({ pattern: patternOf(sentence), said }));
}

function patternOf(sentence: string): RegExp {
  const parts = sentence.split("{}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("(.*?)")}$`, "s");
}

export function refusalInWords(sentence: string): string {
  if (language.value !== "zh-CN") return sentence;
  for (const { pattern, said } of known) {
    const found = pattern.exec(sentence);
    if (found) return said.replace(/\{(\d)\}/g, (_, place: string) => refusalInWords(found[Number(place) + 1] ?? ""));
  }
  return sentence;
}
