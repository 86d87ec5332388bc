// The house, as far as pages name things by it: people's teams, colleagues, the rules of alarms.
import { shallowRef, watch } from "vue";

import { get } from "./api/client";
import { single } from "./live/board";
import { may, session } from "./session";

export type House = {
  name: string;
  hotlines: { id: string; number: string; name: Record<string, string> }[];
  queues: { id: string; name: Record<string, string>; wrap_up_s: number }[];
  agents: { id: string; name: string; role: string; group: string; shift: string; languages: string[] }[];
  groups: { id: string; name: Record<string, string> }[];
  shifts: { id: string; name: Record<string, string> }[];
  closing_messages: { id: string; name: Record<string, string> }[];
  seats: { id: string; name: string }[];
  alarms: { rules: { id: string; figure: string; below: number | "target" | null; above: number | null }[] };
  governor: { ladder: string[] };
  desk: { first_contact_days: number; wrap_up_codes: { id: string; name: Record<string, string> }[]; case_due_s: number; greeting: Record<string, string>; closing: Record<string, string> };
  outside: { numbers: string[] };
  recording: { pause_s: number };
  wrap_up_extension_s: number;
};

export const house = shallowRef<House | null>(null);

// Read again whenever the floor shows another version.
export function keepHouse(): void {
  const shown = single("house");
  watch(
    () => [session.value?.person, shown.value?.version] as const,
    async ([person, version]) => {
      if (person && may("see_floor") && version !== undefined) house.value = await get<House>("/house").catch(() => house.value);
    },
    { immediate: true },
  );
}
