// JSON Merge Patch (RFC 7396), which is how the floor's changes are told. What did not change keeps its identity, so
// that a component whose entry is the same object is not drawn again.
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Document = { [key: string]: Json };

const isObject = (value: Json | undefined): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function merged(document: Document, patch: Document): Document {
  const result = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    const below = result[key];
    if (value === null) delete result[key];
    else if (isObject(value)) result[key] = merged(isObject(below) ? below : {}, value);
    else result[key] = value;
  }
  return result;
}
