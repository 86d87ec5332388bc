// What points come to while they are given; core/quality.py has the last word.
import type { components } from "../api/schema";

type Judged = components["schemas"]["JudgedShown"];

export function reached(judged: Judged[]): number | null {
  const asked = judged.filter((each) => each.points != null);
  if (!asked.length) return null;
  if (asked.some((each) => each.question.critical && each.points === 0)) return 0;
  const whole = asked.reduce((sum, { question }) => sum + question.weight, 0);
  return Math.round((1000 * asked.reduce((sum, { question, points }) => sum + (question.weight * points!) / question.most, 0)) / whole) / 10;
}
