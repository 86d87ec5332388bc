// A token's colour as the browser computes it here and now: custom properties themselves are text.
export function colourOf(place: HTMLElement, token: string): string {
  const before = place.style.color;
  place.style.color = `var(${token})`;
  const colour = getComputedStyle(place).color;
  place.style.color = before;
  return colour;
}
