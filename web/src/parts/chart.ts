// What every drawing looks like: ink, grid, legend, tooltip, by the tokens' colours at this moment.
export type Colour = (token: string) => string;

export const line = (colour: string): { lineStyle: { color: string } } => ({ lineStyle: { color: colour } });

export function dressed(colour: Colour, font: string): Record<string, unknown> {
  return {
    textStyle: { fontFamily: font, color: colour("--ink") },
    legend: { top: 8, textStyle: { color: colour("--ink") } },
    tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: colour("--raised"), borderColor: colour("--line"), textStyle: { color: colour("--ink") } },
  };
}

export const ticks = (colour: Colour): Record<string, unknown> => ({ axisLabel: { color: colour("--dim") }, axisLine: line(colour("--line-strong")), splitLine: line(colour("--line")) });
